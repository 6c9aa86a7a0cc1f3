// SPDX-License-Identifier: Apache-2.0

package unitfile

import (
	"fmt"
	"slices"
	"strings"
)

// Property is one assignment as StartTransientUnit takes it. The Go type of the
// value is the D-Bus type: string, bool, int32, uint32, uint64, []string or one
// of the types below. A name may come several times; a list grows by it.
type Property struct {
	Name  string
	Value any
}

// Types of property values (org.freedesktop.systemd1(5)).
type (
	// ExecCommand is of type (sasb).
	ExecCommand struct {
		Path   string
		Args   []string // with the program in front
		Ignore bool     // its failure counts for nothing
	}
	// Filter is of type (bas): a list of what is allowed or of what is not.
	Filter struct {
		Allow bool
		Words []string
	}
	// ExitStatus is of type (aiai).
	ExitStatus struct{ Codes, Signals []int32 }
	// AddressPrefix is of type (iayu).
	AddressPrefix struct {
		Family  int32
		Address []byte
		Length  uint32
	}
)

// directive is how one directive becomes properties.
type directive struct {
	property string // "" is the name of the directive
	value    func(text string) (any, error)
	list     bool // an empty assignment forgets what came before
	extended bool // a word other than yes and no belongs to the property with Ex behind its name
}

// Properties returns the unit for StartTransientUnit. A directive that is not
// known is an error, so that none can get lost. What says how a unit is
// installed is left out, because a transient one is not.
func (u Unit) Properties() ([]Property, error) {
	var all []Property
	for _, o := range u.effective() {
		if o.Section == "Install" {
			continue
		}
		d, known := directives[o.Section+"/"+o.Name]
		if !known {
			return nil, fmt.Errorf("cannot make %s: no property is known for %s= in [%s]", u.Name, o.Name, o.Section)
		}
		text, err := u.expand(o.Value)
		if err != nil {
			return nil, fmt.Errorf("cannot make %s: %s=: %w", u.Name, o.Name, err)
		}
		value, err := d.value(text)
		if err != nil {
			return nil, fmt.Errorf("cannot make %s: %s=%s: %w", u.Name, o.Name, o.Value, err)
		}
		name := d.property
		if name == "" {
			name = o.Name
		}
		if _, more := value.(string); more && d.extended {
			name += "Ex" // for what is neither yes nor no
		}
		all = append(all, Property{name, value})
		if o.Name == "LimitNOFILE" { // hard and soft
			all = append(all, Property{name + "Soft", value})
		}
	}
	return all, nil
}

// effective leaves out what later assignments override.
func (u Unit) effective() []Option {
	var kept []Option
	for i, o := range u.Options {
		d := directives[o.Section+"/"+o.Name]
		same := func(other Option) bool { return other.Section == o.Section && other.Name == o.Name }
		if d.list {
			later := u.Options[i+1:]
			reset := slices.ContainsFunc(later, func(other Option) bool { return same(other) && other.Value == "" })
			if o.Value == "" || reset {
				continue
			}
		} else if d.value != nil && slices.ContainsFunc(u.Options[i+1:], same) {
			continue
		}
		kept = append(kept, o)
	}
	return kept
}

// directives are all that our unit files use.
var directives = map[string]directive{
	"Unit/Description":           {value: word},
	"Unit/Documentation":         {value: words, list: true},
	"Unit/Wants":                 {value: words, list: true},
	"Unit/After":                 {value: words, list: true},
	"Unit/Before":                {value: words, list: true},
	"Unit/PartOf":                {value: words, list: true},
	"Unit/Conflicts":             {value: words, list: true},
	"Unit/RequiresMountsFor":     {value: words, list: true},
	"Unit/StartLimitIntervalSec": {property: "StartLimitIntervalUSec", value: span},
	"Unit/StartLimitBurst":       {value: number},
	"Unit/JobRunningTimeoutSec":  {property: "JobRunningTimeoutUSec", value: span},

	"Service/Type":                     {value: word},
	"Service/NotifyAccess":             {value: word},
	"Service/SyslogIdentifier":         {value: word},
	"Service/RemainAfterExit":          {value: boolean},
	"Service/Restart":                  {value: word},
	"Service/RestartSec":               {property: "RestartUSec", value: span},
	"Service/RestartSteps":             {value: number},
	"Service/RestartMaxDelaySec":       {property: "RestartMaxDelayUSec", value: span},
	"Service/RestartPreventExitStatus": {value: exitStatus, list: true},
	"Service/TimeoutStartSec":          {property: "TimeoutStartUSec", value: span},
	"Service/TimeoutStopSec":           {property: "TimeoutStopUSec", value: span},
	"Service/TimeoutAbortSec":          {property: "TimeoutAbortUSec", value: span},
	"Service/WatchdogSec":              {property: "WatchdogUSec", value: span},
	"Service/OOMPolicy":                {value: word},
	"Service/ExecStart":                {value: command, list: true},
	"Service/ExecReload":               {value: command, list: true},
	"Service/ExecStop":                 {value: command, list: true},

	"Service/User":                     {value: word},
	"Service/Group":                    {value: word},
	"Service/SupplementaryGroups":      {value: words, list: true},
	"Service/UMask":                    {value: mode},
	"Service/Slice":                    {value: word},
	"Service/WorkingDirectory":         {value: word},
	"Service/Environment":              {value: words, list: true},
	"Service/RuntimeDirectory":         {value: words, list: true},
	"Service/RuntimeDirectoryMode":     {value: mode},
	"Service/RuntimeDirectoryPreserve": {value: word},
	"Service/StateDirectory":           {value: words, list: true},
	"Service/StateDirectoryMode":       {value: mode},
	"Service/LimitNOFILE":              {value: limit},
	"Service/OOMScoreAdjust":           {value: signed},

	"Service/CapabilityBoundingSet": {value: capabilities},
	"Service/AmbientCapabilities":   {value: capabilities},
	"Service/NoNewPrivileges":       {value: boolean},
	"Service/ProtectSystem":         {value: word},
	"Service/ReadWritePaths":        {value: words, list: true},
	"Service/ReadOnlyPaths":         {value: words, list: true},
	"Service/ProtectHome":           {value: word},
	"Service/PrivateTmp":            {value: boolean},
	"Service/PrivateDevices":        {value: boolean},
	"Service/DevicePolicy":          {value: word},
	"Service/PrivateNetwork":        {value: boolean},
	"Service/PrivateUsers":          {value: booleanOr("self", "identity", "full"), extended: true},
	"Service/PrivateMounts":         {value: boolean},
	"Service/PrivateIPC":            {value: boolean},
	"Service/ProtectKernelTunables": {value: boolean},
	"Service/ProtectKernelModules":  {value: boolean},
	"Service/ProtectKernelLogs":     {value: boolean},
	"Service/ProtectControlGroups":  {value: boolean},
	"Service/ProtectClock":          {value: boolean},
	"Service/ProtectHostname":       {value: boolean},
	"Service/ProtectProc":           {value: word},
	"Service/ProcSubset":            {value: word},
	"Service/LockPersonality":       {value: boolean},
	"Service/KeyringMode":           {value: word},
	"Service/RemoveIPC":             {value: boolean},

	"Service/MemoryDenyWriteExecute":  {value: boolean},
	"Service/RestrictNamespaces":      {value: namespaces},
	"Service/RestrictRealtime":        {value: boolean},
	"Service/RestrictSUIDSGID":        {value: boolean},
	"Service/RestrictAddressFamilies": {value: families, list: true},
	"Service/IPAddressDeny":           {value: addresses, list: true},
	"Service/SystemCallArchitectures": {value: words, list: true},
	"Service/SystemCallFilter":        {value: filter, list: true},
	"Service/SystemCallErrorNumber":   {value: errno},
}

// quoted are characters with which a value is more than words.
const quoted = `"'\`

// command reads a command line. Variables are left to systemd.
func command(text string) (any, error) {
	rest, ignore := strings.CutPrefix(text, "-")
	args := strings.Fields(rest)
	if strings.ContainsAny(text, quoted) || len(args) == 0 || args[0][0] != '/' {
		return nil, fmt.Errorf("only an absolute path and words after it are understood, with - in front at most")
	}
	return []ExecCommand{{args[0], args, ignore}}, nil
}
