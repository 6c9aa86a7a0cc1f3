// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"path/filepath"
	"strconv"

	"kresd-manager/internal/config"
)

// defaultPrograms is where packages put programs that no one calls by name.
const defaultPrograms = "/usr/lib/kresd-manager"

// Graphite returns the command that sends statistics to a Graphite server: the
// program and its arguments. It is nil if nothing is to be sent.
func Graphite(c *config.Config, host Host) []string {
	g := c.Monitoring.Graphite
	if !g.Enable {
		return nil
	}
	command := []string{
		filepath.Join(cmp.Or(host.Programs, defaultPrograms), "kres-graphite"),
		"--host=" + g.Host,
		"--port=" + strconv.Itoa(int(g.Port)),
		"--interval=" + strconv.FormatInt(seconds(g.Interval), 10) + "s",
		"--tcp=" + strconv.FormatBool(g.TCP),
	}
	if socket := c.Management.UnixSocket; socket != "" {
		command = append(command, "--socket="+socket)
	}
	if g.Prefix != "" {
		command = append(command, "--prefix="+g.Prefix)
	}
	return command
}
