# The taps. They share no line with what they watch.
FROM python
LABEL stream-chaos.image=harness
COPY harness/__init__.py harness/
COPY harness/taps/ harness/taps/
RUN python -m compileall -q harness
ENTRYPOINT ["python", "-m"]
CMD ["harness.taps.edge", "--help"]
