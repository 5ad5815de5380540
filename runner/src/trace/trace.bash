# Lets this Bash note each command that it runs: the file and the function that it stands in, in a file of its own. pmsts
# puts it into the testbeds of `pmsts map`, where every Bash reads it at its start.
unset BASH_ENV
if exec {PMSTS_TRACE}>>"@output@/shell-$$-${EUID}"; then
	BASH_XTRACEFD=${PMSTS_TRACE}
	PS4=$'+\x1f''${BASH_SOURCE-}'$'\x1f''${FUNCNAME-}'$'\x1f'
	set -x
fi
