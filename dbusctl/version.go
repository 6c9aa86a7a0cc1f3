// SPDX-License-Identifier: Apache-2.0

package dbusctl

import "context"

// SystemdVersion returns the version of systemd, as "259.1-1" (org.freedesktop.systemd1(5)).
func (c *Client) SystemdVersion(ctx context.Context) (v string, err error) {
	err = c.do(ctx, func(n *conn) error {
		return translate(n.property(ctx, systemdPath, managerIface, "Version", &v), "read the version of systemd")
	})
	return v, err
}
