// SPDX-License-Identifier: Apache-2.0

// Package cmdline has the words with which all our programs answer a mistake on the
// command line: what is wrong, and what may have been meant. It reads the command lines
// of the small ones; that of kresctl is read by its library.
package cmdline

import (
	"cmp"
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

// NoFlag says that there is no flag as typed, with its dashes, and which of the names
// may be meant.
func NoFlag(typed string, names []string) string {
	if near := config.Nearest(strings.TrimLeft(typed, "-"), names); near != "" && len(typed) > 2 {
		return fmt.Sprintf("there is no flag %s; did you mean --%s?", typed, near)
	}
	return fmt.Sprintf("there is no flag %s", typed)
}

// NoValue says that a flag is without the value that it takes; what is that in a word.
func NoValue(name, what string) string {
	return fmt.Sprintf("--%s takes a value: %s", name, strings.ToUpper(cmp.Or(what, "value")))
}

// WrongValue says that a flag does not take a value; kind is the type of those that it
// takes, and cause what the type says of it.
func WrongValue(name, value, kind string, cause error) string {
	if takes := takes(kind); takes != "" {
		return fmt.Sprintf("--%s takes %s, not %q", name, takes, value)
	}
	return fmt.Sprintf("--%s does not take %q: %v", name, value, cause)
}

// takes says what values of a type are, "" if the type does not say it.
func takes(kind string) string {
	switch kind {
	case "bool":
		return "nothing, or true or false"
	case "duration", "time.Duration":
		return "a time such as 90s or 5m"
	case "int", "int64":
		return "a whole number"
	case "uint", "uint16", "uint64":
		return "a whole number that is not negative"
	}
	return ""
}
