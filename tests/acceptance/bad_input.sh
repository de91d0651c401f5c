#!/usr/bin/env bash
# Broken, hostile and huge files: exit status 1, one sentence, bounded memory.
#   bad_input.sh [PROGRAM] [--peak-mb N]     PROGRAM: default build/release/bin/llama-pajamas; may be a sanitizer build
set -euo pipefail
python=/usr/bin/python3
[ -x "$python" ] || python=python3
exec "$python" "$(dirname "$0")/bad_input.py" "$@"
