// SPDX-License-Identifier: Apache-2.0

package render

import "kresd-manager/internal/config"

// DrainDeadline returns the text of the file from which kresd-drain takes how
// long a worker that stops may finish what it works on. It is no part of the
// worker's text, so that changing it restarts no one.
func DrainDeadline(c *config.Config) string { return c.Systemd.DrainDeadline.String() + "\n" }
