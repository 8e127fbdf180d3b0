# One image for the app, `flask db upgrade` and every other command. Two stages: what installs stays behind.
# From Docker's official images, by a registry that does not count what strangers pull: builders share their addresses.
ARG BASE=public.ecr.aws/docker/library/python:3.14-slim

FROM ${BASE} AS build
# Only for building without a package index: pip reads them from the environment.
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
WORKDIR /srv/notes
COPY requirements/runtime.txt ./
# Wheels bring symbols for debuggers, 14 MB that a running app never reads.
RUN command -v strip > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends binutils)
# Wheels only: nothing is compiled here, so no compiler is needed. pip itself is not part of the result.
RUN python3 -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes --only-binary :all: \
       --requirement runtime.txt \
    && /srv/venv/bin/pip uninstall --yes --quiet pip setuptools wheel \
    && rm runtime.txt
# Of Bootstrap-Flask only the icons are used; of AWS, four services, without examples; of SQLAlchemy and Alembic, not
# what tests their drivers, Oracle, SQL Server and most extensions; of RapidFuzz, only how texts are aligned, without its
# second build for newer processors; of pyasn1-modules, what webauthn imports; of Authlib, the client of OpenID Connect; of
# pydantic, not its first version; of WTForms, English; of cffi, its library in C; of Pillow, what reads four kinds of
# pictures; no address is looked up, for which email-validator has dnspython; and of pip, which is gone, no list of files:
# 110 MB less.
RUN cd /srv/venv/lib/python3*/site-packages \
    && rm -r flask_bootstrap/static/bootstrap4 flask_bootstrap/static/bootstrap5/css flask_bootstrap/static/bootstrap5/js \
       flask_bootstrap/static/bootstrap5/umd */testing sqlalchemy/dialects/mssql sqlalchemy/dialects/oracle \
    && find botocore/data boto3/data -mindepth 1 -maxdepth 1 -type d ! -name dynamodb ! -name s3 ! -name secretsmanager \
       ! -name sts -exec rm -r {} + \
    && find botocore/data -name 'examples-*' -delete \
    && find pyasn1_modules -name 'rfc*.py' ! -name rfc5280.py -delete && rm -r dns \
    && find rapidfuzz '(' -name 'fuzz_cpp*' -o -name 'process_cpp_impl*' -o -name '*_avx2*' ')' -delete \
    && rm -r authlib/integrations authlib/oauth1 authlib/jose authlib/oauth2/drafts authlib/oidc/registration \
       authlib/oidc/rpinitiated authlib/oidc/discovery pydantic/v1 wtforms/locale \
    && find authlib/oauth2 -name 'rfc*' ! -name rfc6749 ! -name rfc6750 ! -name rfc7009 ! -name rfc7636 ! -name rfc8414 \
       ! -name rfc9101 -prune -exec rm -r {} + \
    && rm -r cffi pycparser gunicorn/asgi pydantic/mypy.py \
    && (cd sqlalchemy/ext && rm -r asyncio associationproxy.py automap.py hybrid.py mutable.py) \
    && gzip -9n botocore/data/endpoints.json \
    && rm PIL/_avif.* PIL/_imagingcms.* PIL/_imagingft.* PIL/_imagingtk.* pillow.libs/libavif-* pillow.libs/libbrotli* \
       pillow.libs/libfreetype-* pillow.libs/libharfbuzz-* pillow.libs/liblcms2-* pillow.libs/libpng16-* \
    && find PIL -name '*Plugin.py' ! -name 'Gif*' ! -name 'JpegI*' ! -name 'Mpo*' ! -name 'Png*' ! -name 'Tiff*' \
       ! -name 'WebP*' -delete && rm PIL/*Font* PIL/ImageCms.py PIL/ImageDraw* PIL/ImageQt.py PIL/ImageShow.py PIL/ImageTk.py PIL/PdfParser.py \
    && find . -path '*.dist-info/RECORD' -delete \
    && find . -name '*.pyi' -delete && rm -r boto3/examples pygments/formatters pygments/styles \
    && find . -name '*.so*' -exec strip --strip-unneeded {} +
COPY config.py crudapp.py gunicorn.conf.py ./
COPY app app
COPY migrations migrations
COPY nginx/export-static nginx/
# Compiled here, because the root of a running container is read-only; of the libraries, what the app imports: the rest,
# such as the colours of 500 languages, would be 6 MB that are not read. /srv/notes/static is for nginx.
RUN /srv/venv/bin/python nginx/export-static static > /dev/null \
    && /srv/venv/bin/python -m compileall -q . \
    && /srv/venv/bin/python -c 'import importlib, pkgutil, alembic.command, app, boto3, chardet, gunicorn.app.wsgiapp, \
       gunicorn.workers.gthread, gunicorn.workers.sync, sqlalchemy.dialects.mysql.pymysql, sqlalchemy.dialects.sqlite; \
       from PIL import GifImagePlugin, ImageOps, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin; \
       [importlib.import_module(found.name) for found in pkgutil.walk_packages(app.__path__, "app.")]; \
       [boto3.client(name, region_name="eu-central-1") for name in ("dynamodb", "s3", "secretsmanager", "sts")]' \
    && mkdir /files

FROM ${BASE}
COPY --from=build /srv /srv
# For FILES_FOLDER: a volume that is mounted there begins as this folder, which is the user's below.
COPY --from=build --chown=10001:10001 /files /files
WORKDIR /srv/notes
# The commit that the image is built from: docker build --build-arg BUILD=$(git rev-parse HEAD)
ARG BUILD=unknown
ENV PATH=/srv/venv/bin:$PATH \
    BUILD=$BUILD \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLASK_APP=crudapp \
    APP_ENV=production \
    BIND=0.0.0.0
LABEL org.opencontainers.image.title="Notes" \
      org.opencontainers.image.version="0.9.0" \
      org.opencontainers.image.revision="$BUILD" \
      org.opencontainers.image.licenses="MIT"
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 5000
STOPSIGNAL SIGTERM
# The process alone: a database that is down is no reason to kill it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '5000') + '/livez', timeout=2)"]
CMD ["gunicorn", "crudapp:app"]
