#!/bin/sh
# ccache runs this before a compiler whose object it does not have (CCACHE_PREFIX): it runs the compiler, and leaves the
# processor's time that took, as `times` has it, beside the object. compile_cost.py reads these.
"$@"
status=$?
for word; do
  [ "$before" != -o ] || object=$word
  before=$word
done
[ -z "$object" ] || times >"$object.cpu"
exit "$status"
