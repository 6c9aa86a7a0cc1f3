# SPDX-License-Identifier: Apache-2.0
systemd-sysusers kres-fleet.conf || :
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload || :
# A trial goes on, or is taken back and tried again, by the next process.
systemctl try-restart kres-fleet.service || :
