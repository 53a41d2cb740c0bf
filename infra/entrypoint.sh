#!/bin/sh
# What a container of the image does: web serves, everything else is a command of the application
# (worker, clock, migrate, operator, ...). exec, so that it gets the signals itself.
set -eu

case "${1:-web}" in
  web)
    # Each process of the web server counts for itself; here they put their figures together.
    export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/jobbing-metrics}"
    exec gunicorn -c infra/gunicorn.conf.py "jobbing_api.app:create_app()"
    ;;
  *)
    exec flask jobbing "$@"
    ;;
esac
