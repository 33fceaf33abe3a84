# Attend in a container. Two stages: what pip and the reader's training leave behind stays out of the image.
# The training takes two to four minutes and 3 GB of memory, here and once, so that every container starts in seconds.

FROM python:3.11-slim AS build
RUN python -m venv /srv/venv
ENV PATH=/srv/venv/bin:$PATH
WORKDIR /srv/attend
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY app.py ./
COPY bot bot
COPY clinics clinics
COPY intents intents
COPY locales locales
RUN CACHE_DIR=/srv/reader flask --app app explain "I will be there"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin attend \
 && install -d -o attend -g attend -m 0700 /srv/attend/instance
ENV PATH=/srv/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 CACHE_DIR=/srv/reader
COPY --from=build /srv/venv /srv/venv
COPY --from=build --chown=attend:attend /srv/reader /srv/reader
WORKDIR /srv/attend
COPY app.py ./
COPY bot bot
COPY clinics clinics
COPY intents intents
COPY locales locales
USER attend
VOLUME /srv/attend/instance
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "16", "--timeout", "60", "app:serve()"]
