from system.greengrass.v1.tokens import Tokens


def test_a_function_keeps_its_token_as_long_as_the_core_runs():
    tokens = Tokens()
    assert tokens.of("a") == tokens.of("a")


def test_no_two_functions_and_no_two_cores_share_a_token():
    tokens = Tokens()
    assert len({tokens.of("a"), tokens.of("b"), Tokens().of("a")}) == 3


def test_a_token_fits_a_header_and_a_list():
    token = Tokens().of("arn:aws:lambda:us-east-1:0:function:a:1")
    assert len(token) >= 40
    assert token.isascii() and not set(token) & set(', \t"=')
