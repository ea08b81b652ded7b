"""IoT Analytics: channels, pipelines, datastores, and datasets whose SQL really runs.

Every accepted batch is one object in S3 before its answer, so that what a channel holds can be read by someone who
does not trust this code. AWS ended the service in December 2025; botocore's model of it says what it looked like.
"""
