# Stands in for Gentoo's cargo.eclass in ci/ebuild-test: the functions that the ebuild calls, with a toolchain that is no
# package. ci/ebuild-test replaces @toolchain@ and @profile@.

ECARGO_HOME="${WORKDIR}/cargo_home"
ECARGO_VENDOR="${ECARGO_HOME}/gentoo"

cargo_src_unpack() {
	default
	mkdir -p "${ECARGO_VENDOR}" || die
	cat > "${ECARGO_HOME}/config.toml" <<- CONFIG || die
		[source.gentoo]
		directory = "${ECARGO_VENDOR}"
		[source.crates-io]
		replace-with = "gentoo"
	CONFIG
}

cargo_target_dir() {
	local dir=@profile@
	echo "target/${dir/#dev/debug}"
}

cargo_src_compile() {
	export CARGO_HOME=${ECARGO_HOME} PATH=@toolchain@/bin:${PATH}
	# Debug information would fill the testbed.
	CARGO_PROFILE_DEV_DEBUG=0 cargo build --offline --locked --profile @profile@ "$@" || die "cargo build failed"
}
