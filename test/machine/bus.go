// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/godbus/dbus/v5"
)

// bus is a connection to the machine's D-Bus, made when it is first needed, over which systemd
// is asked in place of a systemctl: that is a program to start in namespaces, and reads all
// properties of a unit. Whenever the bus does not serve, as tests have it, systemctl
// is there, which needs none.
type bus struct {
	lock sync.Mutex
	conn *dbus.Conn
	gone time.Time // when it failed last
}

const (
	busSocket     = "/run/dbus/system_bus_socket"
	systemdName   = "org.freedesktop.systemd1"
	systemdPath   = dbus.ObjectPath("/org/freedesktop/systemd1")
	systemdFace   = systemdName + ".Manager"
	unitFace      = systemdName + ".Unit"
	propertiesGet = "org.freedesktop.DBus.Properties.Get"
)

// busPatience is how long the bus may take to answer. A test has more of it.
var busPatience = time.Second

// busPause is for how long a bus that failed is not tried again.
const busPause = 5 * time.Second

// errNotAsked is that systemctl has to be asked.
var errNotAsked = errors.New("the bus does not say")

// call calls a method of systemd and stores what it returns. An error of systemd's is a
// dbus.Error; with any other the bus is not tried again for a while.
func (b *bus) call(ctx context.Context, m *Machine, object dbus.ObjectPath, method string, result any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	conn, err := b.connection(ctx, m)
	if err == nil {
		err = conn.Object(systemdName, object).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...).Store(result)
	}
	if said := (dbus.Error{}); err == nil || errors.As(err, &said) {
		return err
	}
	b.lock.Lock()
	defer b.lock.Unlock()
	if conn != nil && conn == b.conn {
		conn.Close()
		b.conn = nil
	}
	b.gone = time.Now()
	return errNotAsked
}

func (b *bus) connection(ctx context.Context, m *Machine) (*dbus.Conn, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.conn != nil {
		return b.conn, nil
	}
	if time.Since(b.gone) < busPause {
		return nil, errNotAsked
	}
	stream, err := m.Dial(ctx, "unix", busSocket)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { stream.Close() }) // one that accepts and says nothing
	defer stop()
	conn, err := dbus.NewConn(stream)
	if err != nil {
		stream.Close()
		return nil, err
	}
	if err = conn.Auth([]dbus.Auth{dbus.AuthExternal("0")}); err == nil {
		err = conn.Hello()
	}
	if err != nil || !stop() {
		conn.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	b.conn = conn
	return conn, nil
}

func (b *bus) close() {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.conn != nil {
		b.conn.Close()
		b.conn = nil
	}
}

// ask returns properties of units as systemctl show prints them. Units go by name, or by patterns
// that loaded ones match. It fails with errNotAsked where systemctl has to be asked.
func (b *bus) ask(ctx context.Context, m *Machine, units, properties []string) (all []map[string]string, _ error) {
	names, patterns := []string{}, []string{}
	for _, unit := range units {
		switch {
		case strings.ContainsAny(unit, "*?["):
			patterns = append(patterns, unit)
		case path.Ext(unit) == "":
			names = append(names, unit+".service")
		default:
			names = append(names, unit)
		}
	}
	if len(patterns) > 0 {
		var loaded [][]any // a(ssssssouso): the name comes first (org.freedesktop.systemd1(5))
		if b.call(ctx, m, systemdPath, systemdFace+".ListUnitsByPatterns", &loaded, []string{}, patterns) != nil {
			return nil, errNotAsked
		}
		for _, l := range loaded {
			names = append(names, l[0].(string))
		}
	}
	for _, unit := range names {
		values := map[string]string{}
		for _, name := range properties {
			value, err := b.property(ctx, m, unit, name)
			if err == nil {
				values[name] = value
			} else if err != errNoProperty {
				return nil, errNotAsked
			}
		}
		all = append(all, values)
	}
	return all, nil
}

// property is one of those of all units, or of the type.
func (b *bus) property(ctx context.Context, m *Machine, unit, name string) (string, error) {
	faces := []string{systemdName + "." + unitType(unit), unitFace}
	if slices.Contains(ofAllUnits, name) {
		faces = faces[1:]
	}
	var value dbus.Variant
	for _, face := range faces {
		err := b.call(ctx, m, unitObject(unit), propertiesGet, &value, face, name)
		var said dbus.Error
		if errors.As(err, &said) && slices.Contains(unknown, said.Name) {
			continue
		}
		if err != nil {
			return "", err
		}
		return printed(name, value.Value())
	}
	return "", errNoProperty
}

// errNoProperty is that units of a type have no such property: systemctl prints nothing.
var errNoProperty = errors.New("there is no such property")

// unknown are errors for a property that there is not.
var unknown = []string{"org.freedesktop.DBus.Error.UnknownProperty", "org.freedesktop.DBus.Error.UnknownInterface"}

// ofAllUnits are properties that tests ask for often and that units of all types have.
var ofAllUnits = []string{"Id", "LoadState", "ActiveState", "SubState", "FreezerState", "FragmentPath", "InvocationID"}

// plainNumbers are those that are printed as they are. Of others there are those that stand
// for a time, a mask or infinity.
var plainNumbers = []string{"MainPID", "ControlPID", "NRestarts", "ExecMainStatus"}

// printed is the text of a value as systemctl(1) prints it.
func printed(name string, value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		if v {
			return "yes", nil
		}
		return "no", nil
	case []string:
		if text := strings.Join(v, " "); strings.IndexFunc(text, quoted) < 0 {
			return text, nil
		}
	case []byte:
		if name == "InvocationID" {
			return hex.EncodeToString(v), nil
		}
	case uint32, int32:
		if slices.Contains(plainNumbers, name) {
			return fmt.Sprint(v), nil
		}
	}
	return "", errNotAsked
}

// quoted reports whether systemctl(1) writes a word of a list with a character in quotes.
func quoted(c rune) bool {
	return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(" /@._-:", c)
}

// unitType is the last part of a unit's name as its interface has it.
func unitType(unit string) string {
	suffix := strings.TrimPrefix(path.Ext(unit), ".")
	return strings.ToUpper(suffix[:1]) + suffix[1:]
}

// unitObject is the object of a unit: what is neither a letter nor a digit is written as
// its number, and so is a digit at the front.
func unitObject(unit string) dbus.ObjectPath {
	var b strings.Builder
	for i := range len(unit) {
		c := unit[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return systemdPath + "/unit/" + dbus.ObjectPath(b.String())
}

// Job is something that systemd has to do.
type Job struct {
	ID                uint32
	Unit, Type, State string
}

// Jobs returns what systemd has to do, the oldest first.
func (m *Machine) Jobs(ctx context.Context) ([]Job, error) {
	var all []Job
	var listed [][]any // a(usssoo): number, unit, type and state come first (org.freedesktop.systemd1(5))
	if m.bus.call(ctx, m, systemdPath, systemdFace+".ListJobs", &listed) == nil {
		for _, l := range listed {
			all = append(all, Job{l[0].(uint32), l[1].(string), l[2].(string), l[3].(string)})
		}
	} else {
		r := m.Run(ctx, Cmd{Args: []string{"systemctl", "list-jobs", "--no-legend", "--plain"}})
		if r.Code != 0 {
			return nil, fmt.Errorf("cannot list jobs: %s", r.Stderr)
		}
		for line := range strings.Lines(r.Stdout) {
			var j Job
			if _, err := fmt.Sscan(line, &j.ID, &j.Unit, &j.Type, &j.State); err == nil {
				all = append(all, j)
			}
		}
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}
