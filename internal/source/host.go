// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"kresd-manager/internal/config"
)

// Host is this machine, for a configuration whose first file is given: relative paths
// of all files start from its folder.
func Host(file string) (config.Host, error) {
	dir := "."
	if file != Stdin {
		dir = filepath.Dir(file)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return config.Host{}, fmt.Errorf("cannot find the folder of %s: %w", file, err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return config.Host{}, fmt.Errorf("cannot tell the name of this machine: %w", err)
	}
	return config.Host{CPUs: runtime.NumCPU(), Hostname: hostname, BaseDir: dir}, nil
}
