// SPDX-License-Identifier: Apache-2.0

package doors

// victim is one of our units: a call about it is not refused for its name.
const victim = "kresd@1.service"

// faces are the interfaces of systemd's objects.
var faces = map[string]map[string]method{
	"org.freedesktop.DBus.Peer":           several(method{what: reads}, "Ping", "GetMachineId"),
	"org.freedesktop.DBus.Introspectable": several(method{what: reads}, "Introspect"),
	"org.freedesktop.DBus.Properties": join(several(method{what: reads}, "Get", "GetAll"), map[string]method{
		"Set": {what: refused, args: []string{"ssv", "org.freedesktop.systemd1.Manager", "LogLevel", "s", "debug"}},
	}),
	"org.freedesktop.LogControl1":      {},
	"org.freedesktop.systemd1.Manager": managerMethods,
	"org.freedesktop.systemd1.Unit":    unitMethods,
	"org.freedesktop.systemd1.Service": join(processMethods, map[string]method{
		"BindMount":               {what: refused, args: []string{"ssbb", "/etc", "/mnt", "false", "false"}, says: noNamespace},
		"MountImage":              {what: refused, args: []string{"ssbba(ss)", "/x", "/mnt", "false", "false", "0"}, says: noNamespace},
		"DumpFileDescriptorStore": {what: refused},
	}),
	"org.freedesktop.systemd1.Socket": processMethods,
	"org.freedesktop.systemd1.Slice":  processMethods,
	"org.freedesktop.systemd1.Mount":  processMethods,
	"org.freedesktop.systemd1.Target": {},
	"org.freedesktop.systemd1.Job": join(several(method{what: reads}, "GetAfter", "GetBefore"), map[string]method{
		"Cancel": {what: refused},
	}),
}

// noNamespace is said of a unit that sees all files. Ours do not.
const noNamespace = "not running in private mount namespace"

// processMethods are those of units with processes.
var processMethods = map[string]method{
	"GetProcesses":    {what: reads},
	"AttachProcesses": {what: refused, args: []string{"sau", "", "0"}, says: "non-delegated units"},
	// The bus lets it through under the name of another method only.
	"RemoveSubgroup": {what: refused, args: []string{"st", "/x", "0"}},
}

var unitMethods = join(
	several(method{what: ours, args: []string{"s", "replace"}}, "Start", "Stop", "Restart"),
	several(method{what: refused, args: []string{"s", "replace"}}, "Reload", "TryRestart", "ReloadOrRestart", "ReloadOrTryRestart"),
	several(method{what: refused}, "Ref", "Freeze", "Thaw"),
	map[string]method{
		"ResetFailed": {what: ours},
		"EnqueueJob":  {what: refused, args: []string{"ss", "restart", "replace"}},
		"Kill":        {what: refused, args: []string{"si", "all", "9"}},
		// It reads other arguments than it says it has, and fails whoever calls.
		"KillSubgroup":  {what: refused, args: []string{"si", "/", "9"}, says: "ENXIO"},
		"QueueSignal":   {what: refused, args: []string{"sii", "all", "40", "1"}},
		"SetProperties": {what: refused, args: []string{"ba(sv)", "true", "1", "Description", "s", "x"}},
		"Clean":         {what: refused, args: []string{"as", "1", "all"}},
		// Who holds no reference has none to give back.
		"Unref": {what: refused, says: "NotReferenced"},
	},
)
