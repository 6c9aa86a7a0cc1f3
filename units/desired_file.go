// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"

	"kresd-manager/internal/format"
)

// desiredFile is components.json, of which each generation has one.
var desiredFile = format.File{Format: 1, Indented: true, Advice: "restart kresd-manager, which writes it anew"}

// Text is components.json: what components, the next manager and, at boot,
// kresd-generator read. Equal values have equal texts. [ReadDesired] is the
// inverse but for the name of the generation, which is a hash over this text,
// and for inputs, which are what this manager has found.
func (d Desired) Text() string {
	b, err := desiredFile.Encode(d)
	if err != nil {
		panic(fmt.Sprintf("units: strings and numbers do not encode: %v", err))
	}
	return string(b)
}

// ReadDesired reads components.json. One that a newer version wrote is refused
// with a *[format.NewerError].
func ReadDesired(text []byte) (d Desired, err error) {
	err = desiredFile.Decode(text, &d)
	return d, err
}
