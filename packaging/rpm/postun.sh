# SPDX-License-Identifier: Apache-2.0
# The history in /var/lib/kresd-manager stays: rpm has no purge.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload || :
	journalctl --update-catalog || :
	systemctl reset-failed 'kresd*.service' 'kres-*.service' 2>/dev/null || :
	rm -rf /run/kresd-manager /run/kresd-manager.rundir
	if ! systemctl --quiet is-active knot-resolver.service; then
		rm -rf /run/knot-resolver
	fi
fi
