# SPDX-License-Identifier: Apache-2.0
# $1 is the number of versions that are installed: 1 at first, more when upgraded.
# Whether the stock service starts at boot, also by a link that a package has below /usr/lib.
linked() {
	case $(systemctl is-enabled knot-resolver.service 2>/dev/null) in
	enabled*) return 0 ;;
	masked*) return 1 ;;
	esac
	for link in /usr/lib/systemd/system/*.wants/knot-resolver.service; do
		if [ -e "$link" ]; then return 0; fi
	done
	return 1
}
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
elif systemctl --quiet is-active knot-resolver.service || linked; then
	echo "kresd-manager is not enabled, because knot-resolver.service is active or started at boot. To switch over:"
	echo "    systemctl mask --now knot-resolver.service"
	echo "    systemctl enable --now kresd-manager.service"
else
	systemctl --no-reload preset kresd-manager.service kresd-manager.socket || :
fi
