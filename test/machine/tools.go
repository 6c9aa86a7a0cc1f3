// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Logf receives readable progress lines; testing.T.Logf is one.
type Logf func(format string, args ...any)

// requireTools makes sure the host has the named programs, installing their packages
// with apt-get where that is possible.
func requireTools(ctx context.Context, log Logf, names ...string) error {
	missing := missingTools(names)
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing, ", ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("cannot find %s on this host: install mmdebstrap, iproute2 and util-linux", list)
	}
	log("installing mmdebstrap and util-linux on this host with apt-get, because it has no %s", list)
	// A mirror may lag behind the validity its index files promise.
	stale := []string{"-o", "Acquire::Check-Valid-Until=false"}
	install := []string{"install", "-y", "-qq", "--no-install-recommends", "mmdebstrap", "iproute2", "util-linux"}
	for _, args := range [][]string{{"update", "-qq"}, install} {
		cmd := exec.CommandContext(ctx, "apt-get", append(stale, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot install mmdebstrap and util-linux: apt-get %s: %v\n%s", args[0], err, tail(string(out), 20))
		}
	}
	if missing := missingTools(names); len(missing) > 0 {
		return fmt.Errorf("cannot find %s on this host, even with mmdebstrap and util-linux installed", strings.Join(missing, ", "))
	}
	return nil
}

func missingTools(names []string) []string {
	var missing []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	return missing
}

// tail returns the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
