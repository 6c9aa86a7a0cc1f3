// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed"
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

//go:embed affinity.lua
var affinityLua string

// affinity has a worker choose its CPUs by itself: that takes no privilege, and
// each worker can have others though all read the same text. It comes early,
// because threads have the CPUs of the one that made them.
func (s *script) affinity(c config.Systemd) {
	if c.CPUAffinity == nil && !c.CPUPinning {
		return
	}
	s.section("systemd/cpu-affinity, systemd/cpu-pinning")
	s.line("%s", strings.TrimSpace(affinityLua))
	cpus := "nil"
	if c.CPUAffinity != nil {
		cpus = "{ " + strings.Trim(strings.ReplaceAll(fmt.Sprint(c.CPUAffinity), " ", ", "), "[]") + " }"
	}
	s.line("use_cpus(%s, %t)", cpus, c.CPUPinning)
}
