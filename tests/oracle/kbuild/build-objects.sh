#!/bin/bash
# See README. build-objects.sh TREE CONFIG ARCH CROSS OUT [make arguments]
set -eu
tree=$1 config=$(realpath "$2") arch=$3 cross=$4 out=$5
shift 5
mkdir -p "$out"
out=$(realpath "$out")
here=$(dirname "$(realpath "$0")")
export REAL_CC=${cross}gcc EMPTY_OBJECT=$out/empty.o
case $arch in
arm) soft="-march=armv7-a" ;;
*) soft= ;;
esac
$REAL_CC $soft -c -x assembler /dev/null -o "$EMPTY_OBJECT"
cd "$tree"
run="make -s ARCH=$arch CROSS_COMPILE=$cross CC=$here/stub-cc.sh -j2"
$run mrproper
cp "$config" .config
$run olddefconfig
cp .config "$out/config"
# The link itself must fail: there is no code. Everything before it is wanted.
goals=vmlinux
grep -q '^CONFIG_MODULES=y' .config && goals="vmlinux modules"
$run -k "$@" $goals > "$out/make.log" 2>&1 || true
ar t vmlinux.a | sed 's,^\./,,' | sort -u > "$out/vmlinux.a.txt"
libs=$(make -s ARCH=$arch CROSS_COMPILE=$cross CC=$here/stub-cc.sh --eval='print-libs: ; @echo $(KBUILD_VMLINUX_LIBS)' print-libs)
for library in ${libs:-}; do
	[ -e "$library" ] && ar t "$library" | sed "s,^\./,,;/\//!s,^,$(dirname "$library")/,"
done | sort -u > "$out/lib.a.txt"
rm -rf "$out/cmd.txt"
find . -name '.*.o.cmd' -not -path './scripts/*' -not -path './tools/*' | sort | while read -r file; do
	sed -n 's,^savedcmd_\([^ ]*\) := ,\1\t,p;s,^cmd_\([^ ]*\) := ,\1\t,p' "$file" | head -1
done > "$out/cmd.txt"
find . -name '*.mod' | sort | while read -r file; do
	sed "s,^\./,,;s,^,${file#./}\t," "$file"
done > "$out/mod.txt"
wc -l "$out/vmlinux.a.txt" "$out/lib.a.txt"
