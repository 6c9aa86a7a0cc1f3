# SPDX-License-Identifier: Apache-2.0
# $1 is the number of versions that stay: 0 when the last one goes.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl --no-reload disable --now kres-fleet.service || :
fi
