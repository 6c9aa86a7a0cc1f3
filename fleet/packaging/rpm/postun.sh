# SPDX-License-Identifier: Apache-2.0
# /var/lib/kres-fleet stays: kresd-manager may still read its file.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload || :
fi
