// SPDX-License-Identifier: Apache-2.0

package doors

var managerMethods = join(
	several(method{what: reads},
		"GetUnit", "GetUnitByPID", "GetUnitByInvocationID", "GetUnitByControlGroup", "GetUnitByPIDFD", "LoadUnit", "GetUnitProcesses",
		"GetJob", "GetJobAfter", "GetJobBefore", "ListUnits", "ListUnitsFiltered", "ListUnitsByPatterns", "ListUnitsByNames", "ListJobs",
		"Subscribe", "Unsubscribe", "Dump", "DumpByFileDescriptor", "DumpUnitsMatchingPatterns", "DumpUnitsMatchingPatternsByFileDescriptor",
		"ListUnitFiles", "ListUnitFilesByPatterns", "GetUnitFileState", "GetUnitFileLinks", "GetDefaultTarget",
		"LookupDynamicUserByName", "LookupDynamicUserByUID", "GetDynamicUsers"),

	// Jobs. Those of ours are tried on a unit that is not.
	several(method{what: ours, args: []string{"ss", "dbus.service", "replace"}}, "StartUnit", "StopUnit", "RestartUnit"),
	several(method{what: refused, args: []string{"ss", victim, "replace"}},
		"ReloadUnit", "TryRestartUnit", "ReloadOrRestartUnit", "ReloadOrTryRestartUnit"),
	several(method{what: refused}, "ClearJobs", "ResetFailed", "EnqueueMarkedJobs"),
	map[string]method{
		// In place of the job of a unit; it asks about the unit that it starts.
		"StartUnitReplace":   {what: ours, args: []string{"sss", foreign, "dbus.service", "replace"}},
		"StartUnitWithFlags": {what: refused, args: []string{"sst", victim, "replace", "0"}},
		"EnqueueUnitJob":     {what: refused, args: []string{"sss", victim, "restart", "replace"}},
		"EnqueueUnitJobMany": {what: refused, args: []string{"assst", "2", victim, "systemd-logind.service", "restart", "replace", "0"}},
		"ResetFailedUnit":    {what: ours, args: []string{"s", "dbus.service"}},
		"CancelJob":          {what: refused, args: []string{"u", "4294967295"}, says: "NoSuchJob"}, // a real one: see Bus
		// In 257 only.
		"StartAuxiliaryScope": {what: refused, args: []string{"sahta(sv)", "aux.scope", "0", "0", "0"}},
		"StartTransientUnit":  {what: refused, args: []string{"ssa(sv)a(sa(sv))", "kresd@7.service", "replace", "1", "ExecStart", "a(sasb)", "1", "/bin/true", "1", "/bin/true", "false", "0"}},
	},

	// Units.
	several(method{what: refused, args: []string{"s", victim}}, "FreezeUnit", "ThawUnit", "RefUnit", "DumpUnitFileDescriptorStore"),
	map[string]method{
		"UnrefUnit":              {what: refused, args: []string{"s", victim}, says: "NotReferenced"},
		"AbandonScope":           {what: refused, args: []string{"s", "init.scope"}},
		"KillUnit":               {what: refused, args: []string{"ssi", victim, "all", "9"}},
		"KillUnitSubgroup":       {what: refused, args: []string{"sssi", victim, "cgroup", "/", "9"}},
		"QueueSignalUnit":        {what: refused, args: []string{"ssii", victim, "all", "40", "1"}},
		"CleanUnit":              {what: refused, args: []string{"sas", victim, "1", "all"}},
		"SetUnitProperties":      {what: refused, args: []string{"sba(sv)", victim, "true", "1", "Markers", "as", "1", "needs-restart"}},
		"BindMountUnit":          {what: refused, args: []string{"sssbb", victim, "/etc", "/mnt", "false", "false"}},
		"MountImageUnit":         {what: refused, args: []string{"sssbba(ss)", victim, "/x", "/mnt", "false", "false", "0"}},
		"AttachProcessesToUnit":  {what: refused, args: []string{"ssau", victim, "", "0"}, says: "non-delegated units"},
		"RemoveSubgroupFromUnit": {what: refused, args: []string{"sst", victim, "/x", "0"}, says: "non-delegated units"},
	},

	// The machine.
	several(method{what: refused}, "Reload", "Reexecute", "Exit", "Reboot", "PowerOff", "Halt", "KExec"),
	map[string]method{
		"SoftReboot":             {what: refused, args: []string{"s", "/"}},
		"SwitchRoot":             {what: refused, args: []string{"ss", "/mnt", "/sbin/init"}},
		"SetExitCode":            {what: refused, args: []string{"y", "1"}},
		"SetShowStatus":          {what: refused, args: []string{"s", "yes"}},
		"SetEnvironment":         {what: refused, args: []string{"as", "1", "A=B"}},
		"UnsetEnvironment":       {what: refused, args: []string{"as", "1", "A"}},
		"UnsetAndSetEnvironment": {what: refused, args: []string{"asas", "1", "A", "1", "A=B"}},
	},

	// Files.
	several(method{what: refused, args: []string{"asbb", "1", victim, "true", "true"}},
		"EnableUnitFiles", "ReenableUnitFiles", "PresetUnitFiles", "MaskUnitFiles"),
	several(method{what: refused, args: []string{"asb", "1", victim, "true"}}, "DisableUnitFiles", "UnmaskUnitFiles"),
	several(method{what: refused, args: []string{"ast", "1", victim, "0"}},
		"EnableUnitFilesWithFlags", "DisableUnitFilesWithFlags", "DisableUnitFilesWithFlagsAndInstallInfo"),
	map[string]method{
		"LinkUnitFiles":           {what: refused, args: []string{"asbb", "1", "/tmp/x.service", "true", "true"}},
		"PresetUnitFilesWithMode": {what: refused, args: []string{"assbb", "1", "kresd-manager.service", "full", "true", "true"}},
		"PresetAllUnitFiles":      {what: refused, args: []string{"sbb", "full", "true", "true"}},
		"RevertUnitFiles":         {what: refused, args: []string{"as", "1", victim}},
		"SetDefaultTarget":        {what: refused, args: []string{"sb", "rescue.target", "true"}},
		"AddDependencyUnitFiles":  {what: refused, args: []string{"asssbb", "1", victim, "multi-user.target", "Wants", "true", "true"}},
	},
)
