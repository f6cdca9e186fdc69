# mydumper with every data file through zstd: what its --compress=ZSTD does from version 0.12 on, which runs
# `zstd -c` per file; the one of Debian is older and knows gzip only. The files are named pipes while it runs.
# usage: mydumper.sh FOLDER DATABASE.TABLE PROGRAM OPTIONS...
set -eu
folder=$1
table=$2
shift 2
readers=
trap 'kill $readers 2>/dev/null || true' EXIT
mkdir -p "$folder"
# It makes as many files as --rows asks for, from 00000 on; one more or less, for it goes by an estimate.
for n in 0 1 2 3 4 5 6 7 8 9; do
  pipe=$folder/$table.0000$n.sql
  mkfifo "$pipe"
  zstd -q -c < "$pipe" > "$pipe.zst" &
  readers="$readers $!"
done
"$@" --outputdir "$folder"
for pipe in "$folder/$table".0000?.sql; do
  # Whoever still waits for a writer reads an end.
  exec 3<>"$pipe"
  exec 3>&-
  rm "$pipe"
done
for reader in $readers; do wait "$reader"; done
readers=
trap - EXIT
if ls "$folder/$table".?????.sql 2>/dev/null; then
  echo "files without compression: give mydumper fewer, larger ones" >&2
  exit 1
fi
