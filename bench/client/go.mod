module streamchaos/bench/client

go 1.23
