"""What LocalStack Community lacks: iot, greengrass, iotanalytics, iotsitewise, as a plugin that runs inside of it.

It is loaded with LocalStack's own interpreter, so it imports what is installed there (localstack, moto, botocore) and
nothing of `system` but itself.
"""
