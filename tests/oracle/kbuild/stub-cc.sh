#!/bin/bash
# A compiler that compiles nothing: kernel sources become EMPTY_OBJECT, everything else goes to REAL_CC.
# Called by make as CC. Probes, bounds and asm-offsets, scripts, tools, vdso and boot code are compiled for real.
source= output= compile= kernel= depfile=
previous=
for argument in "$@"; do
	case $previous in
	-o) output=$argument ;;
	esac
	case $argument in
	-c) compile=y ;;
	-D__KERNEL__) kernel=y ;;
	-Wp,-MMD,*) depfile=${argument#-Wp,-MMD,} ;;
	*.c | *.S) [ "$previous" != -include ] && source=$argument ;;
	esac
	previous=$argument
done
case $output in
*vdso* | scripts/* | tools/* | arch/*/boot/* | arch/x86/realmode/rm/* | */purgatory/*) kernel= ;;
esac
if [ "$compile" ] && [ "$kernel" ] && [ "$depfile" ] && [[ $output == *.o ]] && [ -e "$source" ]; then
	cp "$EMPTY_OBJECT" "$output"
	printf '%s: %s\n' "$output" "$source" > "$depfile"
	exit 0
fi
exec "$REAL_CC" "$@"
