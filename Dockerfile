# One image for every role; docker-compose.yml says which command makes which.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_NO_CACHE=1 \
    PYTHONPATH=/app \
    DJANGO_SETTINGS_MODULE=config.settings \
    STATIC_ROOT=/app/staticfiles \
    VAR=/srv/sahut

# A fixed number, so that volumes keep their owner from one image to the next.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent sahut \
    && install -d -o sahut -g sahut -m 0750 /srv/sahut

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --only-binary :all: 'uv>=0.9' \
    && uv pip install --system --require-hashes -r requirements.txt

COPY . ./
# The key of this step signs nothing: the running containers get theirs from a secret.
RUN for po in locale/*/LC_MESSAGES/*.po; do \
        [ ! -f "$po" ] || python -m babel.messages.frontend -q compile -i "$po" -o "${po%.po}.mo" || exit 1; \
    done \
    && VAR=/tmp/build SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && python -m compileall -q .

USER sahut
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "config.asgi:application"]
