// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"encoding/hex"
	"strings"

	"github.com/godbus/dbus/v5"
)

// unitsPath is where systemd's unit objects are.
const unitsPath = systemdPath + "/unit"

// unitPath returns the object of a unit: every byte of its name that is no
// letter or digit becomes "_" and two hexadecimal digits, and so does a digit
// in front (sd_bus_path_encode(3)).
func unitPath(unit string) dbus.ObjectPath {
	var b strings.Builder
	b.WriteString(string(unitsPath) + "/")
	for i := range len(unit) {
		c := unit[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && i > 0:
			b.WriteByte(c)
		default:
			b.WriteString("_" + hex.EncodeToString([]byte{c}))
		}
	}
	return dbus.ObjectPath(b.String())
}

// unitOf is the inverse of unitPath; "" if path is no unit.
func unitOf(path dbus.ObjectPath) string {
	label, ok := strings.CutPrefix(string(path), string(unitsPath)+"/")
	if !ok {
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(label); i++ {
		if label[i] != '_' {
			b.WriteByte(label[i])
			continue
		}
		if i+3 > len(label) {
			return ""
		}
		c, err := hex.DecodeString(label[i+1 : i+3])
		if err != nil {
			return ""
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String()
}
