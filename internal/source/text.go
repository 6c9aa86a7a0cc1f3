// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"

	"kresd-manager/internal/durable"
)

// maxText is the largest file that is no configuration, in bytes: a bundle of all public
// authorities has a quarter of it.
const maxText = 1 << 20

// Text reads a file that is no configuration, or the standard input. The error names it.
func (r *Reader) Text(file string) (text []byte, err error) {
	if file == Stdin {
		text, err = r.stdin()
		if len(text) > maxText {
			return nil, fmt.Errorf("cannot read %s: it has more than %d bytes", Name(file), maxText)
		}
	} else {
		text, err = durable.Read(file, maxText)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", Name(file), bare(err))
	}
	return text, nil
}
