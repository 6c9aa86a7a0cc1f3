// SPDX-License-Identifier: Apache-2.0

package doors

// varlinkMethod is method over Varlink.
type varlinkMethod struct {
	what       what
	parameters string // JSON; JOB stands for the number of a job
	says       string
}

// own runs a program as root, if it is let.
const own = `{"path": "/bin/touch", "arguments": ["/bin/touch", "/root/owned"]}`

// varlinkMethods are those of all sockets that anyone may connect to.
var varlinkMethods = joinVarlink(map[string]varlinkMethod{
	"org.varlink.service.GetInfo":                 {what: reads},
	"org.varlink.service.GetInterfaceDescription": {what: reads},

	// Of every daemon. Most do not have them, although they say so.
	"io.systemd.service.Ping":           {what: reads},
	"io.systemd.service.GetLogLevel":    {what: reads},
	"io.systemd.service.GetEnvironment": {what: refused, says: "MethodNotFound"},
	"io.systemd.service.Reload":         {what: refused, says: "MethodNotFound"},
	"io.systemd.service.SetLogLevel":    {what: refused, parameters: `{"level": 7}`, says: "MethodNotFound"},

	"io.systemd.Manager.Describe":                      {what: reads},
	"io.systemd.Unit.List":                             {what: reads},
	"io.systemd.Unit.SetProperties":                    {what: refused, parameters: `{"name": "kresd@1.service", "runtime": true, "properties": {"Markers": ["needs-restart"]}}`},
	"io.systemd.Unit.StartTransient":                   {what: refused, parameters: `{"context": {"ID": "kresd@7.service", "Service": {"ExecStart": [` + own + `]}}}`},
	"io.systemd.Job.List":                              {what: reads},
	"io.systemd.Job.Cancel":                            {what: refused, parameters: `{"id": JOB}`},
	"io.systemd.ManagedOOM.SubscribeManagedOOMCGroups": {what: refused},
	"io.systemd.UserDatabase.GetUserRecord":            {what: reads},
	"io.systemd.UserDatabase.GetGroupRecord":           {what: reads},
	"io.systemd.UserDatabase.GetMemberships":           {what: reads},
	"io.systemd.Metrics.List":                          {what: reads},
	"io.systemd.Metrics.Describe":                      {what: reads},
	"io.systemd.Login.ListSessions":                    {what: reads},
	"io.systemd.Login.ListUsers":                       {what: reads},
	"io.systemd.Login.ListSeats":                       {what: reads},
	"io.systemd.Login.ListInhibitors":                  {what: reads},
	"io.systemd.Login.CreateSession":                   {what: refused, parameters: `{"UID": 0, "PID": {"pid": 1}, "Service": "x", "Class": "background", "Type": "unspecified"}`},
	"io.systemd.Login.ReleaseSession":                  {what: refused, parameters: `{"Id": "1"}`, says: "NoSuchSession"},
	"io.systemd.Hostname.Describe":                     {what: reads},
	"io.systemd.FactoryReset.GetFactoryResetMode":      {what: reads},
	"io.systemd.FactoryReset.CanRequestFactoryReset":   {what: reads},
	"io.systemd.Journal.Synchronize":                   {what: reads}, // what has been logged goes to disk
	"io.systemd.Credentials.Encrypt":                   {what: refused, parameters: `{"text": "x", "name": "x", "scope": "system"}`},
	"io.systemd.Credentials.Decrypt":                   {what: refused, parameters: `{"blob": "eA==", "name": "x", "scope": "system"}`},
	"io.systemd.AskPassword.Ask":                       {what: refused, parameters: `{"message": "x"}`},
	"io.systemd.SysInstall.Run":                        {what: refused, parameters: `{"node": "/dev/null", "erase": true}`},
	"io.systemd.SysInstall.ListCandidateDevices":       {what: reads},
	"io.systemd.sysext.List":                           {what: reads},
	"io.systemd.SysUpdate.Notify.OnCompletedUpdate":    {what: refused},
},
	alike(varlinkMethod{what: refused}, "io.systemd.Manager.", "Reexecute", "Reload", "EnqueueMarkedJobs", "PowerOff", "Reboot", "Halt", "KExec", "SoftReboot"),
	alike(varlinkMethod{what: refused}, "io.systemd.Job.", "ClearAll"),
	alike(varlinkMethod{what: refused}, "io.systemd.Shutdown.", "PowerOff", "Reboot", "Halt", "KExec", "SoftReboot"),
	alike(varlinkMethod{what: refused, parameters: `{"newValue": "x"}`}, "io.systemd.Hostname.",
		"SetHostname", "SetStaticHostname", "SetPrettyHostname", "SetIconName", "SetDeployment", "SetLocation"),
	alike(varlinkMethod{what: refused, parameters: `{"newValue": "laptop"}`}, "io.systemd.Hostname.", "SetChassis"),
	alike(varlinkMethod{what: refused, parameters: `{"add": ["x"]}`}, "io.systemd.Hostname.", "SetTags"),
	alike(varlinkMethod{what: refused}, "io.systemd.Journal.", "Rotate", "FlushToVar", "RelinquishVar"),
	alike(varlinkMethod{what: refused}, "io.systemd.sysext.", "Merge", "Unmerge", "Refresh"),
)

// alike gives methods of an interface the same entry.
func alike(m varlinkMethod, face string, names ...string) map[string]varlinkMethod {
	all := map[string]varlinkMethod{}
	for _, n := range names {
		all[face+n] = m
	}
	return all
}

func joinVarlink(tables ...map[string]varlinkMethod) map[string]varlinkMethod {
	all := map[string]varlinkMethod{}
	for _, table := range tables {
		for name, m := range table {
			all[name] = m
		}
	}
	return all
}
