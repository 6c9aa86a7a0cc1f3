// SPDX-License-Identifier: Apache-2.0

package units

import (
	"errors"
	"testing"
)

func TestAUnitHasManyNames(t *testing.T) {
	for typed, want := range map[string]string{
		"1": "kresd@1.service", "kresd1": "kresd@1.service", "kresd@1": "kresd@1.service", "kresd@1.service": "kresd@1.service",
		"kresd-12": "kresd@12.service", "worker3": "kresd@3.service", " 4 ": "kresd@4.service", "KRESD2": "kresd@2.service", "9999": "kresd@9999.service",
		"gc": CacheGC, "kres-gc": CacheGC, "cache-gc": CacheGC, "kres-gc.service": CacheGC,
		"policy-loader": PolicyLoader, "loader": PolicyLoader, "kres-policy-loader.service": PolicyLoader,
		"canary": Canary, "kresd@canary": Canary, "manager": Manager, "kresd-manager.service": Manager,
		"kres-component@dnstap-1": "kres-component@dnstap-1.service",
	} {
		if got, err := ParseName(typed); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", typed, got, err, want)
		}
	}
}

func TestAnUnknownUnitSaysWhichMayBeMeant(t *testing.T) {
	for typed, want := range map[string]string{
		"polcy-loader":        `there is no unit "polcy-loader"; did you mean policy-loader?`,
		"kresd@01":            `there is no unit "kresd@01"; did you mean kresd@1?`,
		"krsed3":              `there is no unit "krsed3"; did you mean kresd@3?`,
		"canry":               `there is no unit "canry"; did you mean canary?`,
		"0":                   `there is no unit "0"; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
		"10000":               `there is no unit "10000"; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
		"":                    `there is no unit ""; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
		"sshd.service":        `there is no unit "sshd.service"; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
		"kresd@1.socket":      `there is no unit "kresd@1.socket"; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
		"kres-component@../x": `there is no unit "kres-component@../x"; name a worker such as 1, gc, policy-loader, canary, manager or a component, see kresctl units`,
	} {
		_, err := ParseName(typed)
		var wrong *NameError
		if !errors.As(err, &wrong) || err.Error() != want {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
}

// TestNamesAreThoseOfThisResolver: what people and other programs call the units leads
// to those of a manager with a name of its own.
func TestNamesAreThoseOfThisResolver(t *testing.T) {
	Use("lab")
	defer Use("")
	for typed, want := range map[string]string{
		"1": "kresd-lab@1.service", "kresd@1.service": "kresd-lab@1.service", "kresd-lab@1": "kresd-lab@1.service",
		"gc": "kres-gc-lab.service", "kres-gc-lab": "kres-gc-lab.service", "kres-component@x.service": "kres-component-lab@x.service",
		"canary": "kresd-lab@canary.service", "kresd-lab@canary.service": "kresd-lab@canary.service",
	} {
		if got, err := ParseName(typed); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", typed, got, err, want)
		}
	}
}
