# SPDX-License-Identifier: Apache-2.0
# $1 is the number of versions that stay: 0 when the last one goes.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	# The manager first, which would bring back what stops.
	systemctl --no-reload disable --now kresd-manager.socket kresd-manager.service || :
	systemctl stop kresd.target 'kresd@*.service' 'kres-component@*.service' kres-gc.service \
		kres-policy-loader.service kresd-rundir.service || :
fi
