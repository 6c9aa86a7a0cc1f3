// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
)

// NameError is what someone typed that names no unit of ours.
type NameError struct {
	Typed string
	Near  string // what may have been meant, "" if nothing is close
}

func (e *NameError) Error() string {
	if e.Near != "" {
		return fmt.Sprintf("there is no unit %q; did you mean %s?", e.Typed, e.Near)
	}
	return fmt.Sprintf("there is no unit %q; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units", e.Typed)
}

// ParseName returns the unit that people mean by a name: 1, kresd1, kresd@1 and
// kresd@1.service are one worker; gc, kres-gc and cache-gc, policy-loader and loader,
// canary, kres-component@NAME and manager are the other units. The error is *[NameError].
// A worker is any that could be there, whether or not it is.
func ParseName(typed string) (string, error) {
	name := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(typed)), suffix)
	if n, ok := workerTyped(name); ok {
		return Worker(n), nil
	}
	if unit, ok := named()[name]; ok {
		return unit, nil
	}
	for _, prefix := range []string{componentPrefix, "kres-component@"} {
		component, ok := strings.CutPrefix(name, prefix)
		unit := Component{Name: component}.Unit()
		if _, valid := ComponentName(unit); ok && valid {
			return unit, nil
		}
	}
	return "", &NameError{Typed: typed, Near: near(name)}
}

// workerTyped reads the number of a worker after what people write before it. As for
// systemd, 01 is another name than 1.
func workerTyped(name string) (int, bool) {
	for _, prefix := range []string{workerPrefix, "kresd@", "kresd-", "kresd", "worker-", "worker"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = rest
			break
		}
	}
	n, err := strconv.Atoi(name)
	return n, err == nil && n >= 1 && n <= MaxWorkers && strconv.Itoa(n) == name
}

// named are the units that are there once, by what they are called.
func named() map[string]string {
	names := map[string]string{
		"policy-loader": PolicyLoader, "loader": PolicyLoader, "kres-policy-loader": PolicyLoader,
		"gc": CacheGC, "kres-gc": CacheGC, "cache-gc": CacheGC, "kres-cache-gc": CacheGC,
		"canary": Canary, "kresd@canary": Canary,
		"manager": Manager, "kresd-manager": Manager,
	}
	for _, unit := range []string{PolicyLoader, CacheGC, Canary} {
		names[strings.ToLower(strings.TrimSuffix(unit, suffix))] = unit
	}
	return names
}

// near is the name that was mistyped, "" if none is close.
func near(name string) string {
	if n, err := strconv.Atoi(strings.TrimLeft(name, "kresd@-wo")); err == nil && n >= 1 && n <= MaxWorkers {
		return strings.TrimSuffix(Worker(n), suffix)
	}
	return config.Nearest(name, slices.Sorted(maps.Keys(named())))
}
