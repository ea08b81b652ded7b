# The page of the managed container.
FROM python
LABEL stream-chaos.image=dashboard
COPY system/__init__.py system/
COPY system/dashboard/ system/dashboard/
RUN python -m compileall -q system
USER 65534:65534
EXPOSE 5000
ENTRYPOINT ["python", "-m", "system.dashboard"]
