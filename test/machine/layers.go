// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// ownLayers copies the layers into the machine's own tmpfs when the machine outlives the
// process that made them: such a process removes its folders when it ends, and an overlay
// over what is gone has undefined contents (overlayfs, "Changes to underlying filesystems").
func (s *setup) ownLayers() ([]string, error) {
	if !s.Options.Keep {
		return s.Options.Layers, nil
	}
	var own []string
	for i, layer := range s.Options.Layers {
		dir := filepath.Join(s.Dir, "layers", strconv.Itoa(i))
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return nil, fmt.Errorf("cannot copy a layer: %w", err)
		}
		if out, err := exec.Command("/bin/cp", "--archive", layer, dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("cannot copy the layer %s: %v\n%s", layer, err, out)
		}
		own = append(own, dir)
	}
	return own, nil
}
