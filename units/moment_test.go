// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"
	"time"
)

func TestMomentsAsPeopleWriteThem(t *testing.T) {
	zone := time.FixedZone("here", 3600)
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"10m": now.Add(-10 * time.Minute), "1h30m": now.Add(-90 * time.Minute), "3d": now.AddDate(0, 0, -3), "2w": now.AddDate(0, 0, -14), "0s": now,
		"2026-11-28":                now.Add(-12 * time.Hour),
		"2026-11-28 10:00":          now.Add(-2 * time.Hour),
		"2026-11-28 10:00:30":       now.Add(-2*time.Hour + 30*time.Second),
		"2026-11-28T10:00:30":       now.Add(-2*time.Hour + 30*time.Second),
		"2026-11-28T10:00:00Z":      now.Add(-time.Hour),
		"2026-11-28T10:00:00+02:00": now.Add(-3 * time.Hour),
	} {
		if got, err := ParseMoment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-5m", "10", "d", "99999999w", "65535w", "2026-13-01", "yesterday\x1b[0m", "300000h10000000h"} {
		if got, err := ParseMoment(text, now); err == nil || !strings.Contains(err.Error(), "write 10m, 2h or 3d") || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%q: %s %v", text, got, err)
		}
	}
}

func TestPriorities(t *testing.T) {
	for text, want := range map[string]string{"0": "emerg", "7": "debug", "err": "err", "error": "err", "warn": "warning", "info": "info"} {
		if got, err := ParsePriority(text); err != nil || got != want {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
	for _, text := range []string{"", "8", "-1", "ERR", "err..info", "0..3"} {
		if got, err := ParsePriority(text); err == nil || !strings.Contains(err.Error(), "use emerg, alert") {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}
