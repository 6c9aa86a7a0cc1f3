# SPDX-License-Identifier: Apache-2.0
# $1 is the number of versions that are installed: 1 at first, more when upgraded.
systemd-sysusers kresd-manager.conf || :
[ -d /run/systemd/system ] || exit 0
if systemctl --quiet is-active knot-resolver.service; then
	systemd-tmpfiles --prefix=/run/kresd-manager --create kresd-manager.conf || : # the rest is in use by it
else
	/usr/lib/kresd-manager/kresd-rundir || :
fi
/usr/lib/systemd/systemd-sysctl 50-kresd-manager.conf || :
systemctl daemon-reload || :
if [ "$1" -gt 1 ]; then
	# The manager alone. No worker is touched, and requests wait at the socket.
	systemctl try-restart kresd-manager.service || :
elif systemctl --quiet is-active knot-resolver.service || systemctl --quiet is-enabled knot-resolver.service 2>/dev/null; then
	echo "kresd-manager is not enabled, because knot-resolver.service is active or enabled. To switch over:"
	echo "    systemctl mask --now knot-resolver.service"
	echo "    systemctl enable --now kresd-manager.service"
else
	systemctl --no-reload preset kresd-manager.service kresd-manager.socket || :
fi
