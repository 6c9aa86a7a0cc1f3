// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

func TestTranslate(t *testing.T) {
	bus := func(name, text string) error { return dbus.Error{Name: name, Body: []any{text}} }
	other := errors.New("none of ours")
	for _, c := range []struct {
		name string
		err  error
		want error // in the chain; other for neither of ours
		text string
	}{
		{"polkit says no", bus("org.freedesktop.DBus.Error.AccessDenied", "Permission denied"), units.ErrForbidden, "50-kresd-manager.rules"},
		{"polkit wants to ask someone", bus("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required."), units.ErrForbidden, "manage-units"},
		{"wrapped", fmt.Errorf("call: %w", bus("org.freedesktop.DBus.Error.AccessDenied", "x")), units.ErrForbidden, ""},
		{"systemd does not answer", bus("org.freedesktop.DBus.Error.NoReply", "x"), units.ErrUnavailable, ""},
		{"systemd is not on the bus", bus("org.freedesktop.DBus.Error.ServiceUnknown", "x"), units.ErrUnavailable, ""},
		{"the bus goes away", bus("org.freedesktop.DBus.Error.Disconnected", "x"), units.ErrUnavailable, ""},
		{"the connection is closed", dbus.ErrClosed, units.ErrUnavailable, ""},
		{"the connection breaks", io.EOF, units.ErrUnavailable, ""},
		{"the unit is masked", bus("org.freedesktop.systemd1.UnitMasked", "Unit kresd@1.service is masked."), other, "is masked"},
		{"the unit does not exist", bus("org.freedesktop.systemd1.NoSuchUnit", "Unit kresd@1.service not found."), other, "not found"},
		{"the call takes too long", context.DeadlineExceeded, context.DeadlineExceeded, ""},
		{"the caller has left", context.Canceled, context.Canceled, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := translate(c.err, "start kresd@1.service")
			if !strings.HasPrefix(err.Error(), "cannot start kresd@1.service: ") || !strings.Contains(err.Error(), c.text) {
				t.Errorf("it says %q", err)
			}
			for _, e := range []error{units.ErrForbidden, units.ErrUnavailable, context.DeadlineExceeded, context.Canceled} {
				if errors.Is(err, e) != (c.want == e) {
					t.Errorf("%q is %q: %t", err, e, errors.Is(err, e))
				}
			}
		})
	}
	if err := translate(nil, "x"); err != nil {
		t.Errorf("no error is %v", err)
	}
}
