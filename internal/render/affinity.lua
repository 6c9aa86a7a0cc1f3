-- A worker that cannot have its CPUs serves on those that there are; the canary refuses.
ffi.cdef[[
int sched_setaffinity(int, size_t, const unsigned long *);
int sched_getaffinity(int, size_t, unsigned long *);
]]
local function use_cpus(wanted, one)
	local words, bits = 128, 8 * ffi.sizeof('unsigned long')
	local function complain(text)
		if canary then error('/systemd/cpu-affinity: ' .. text, 0) end
		log_warn(ffi.C.LOG_GRP_SYSTEM, '/systemd/cpu-affinity: %s', text)
	end
	local mask = ffi.new('unsigned long[?]', words)
	if ffi.C.sched_getaffinity(0, ffi.sizeof(mask), mask) < 0 then return complain(ffi.string(ffi.C.strerror(ffi.errno()))) end
	local allowed, list = {}, {}
	for cpu = 0, words * bits - 1 do
		if bit.band(bit.rshift(mask[math.floor(cpu / bits)], cpu % bits), 1ULL) ~= 0 then
			allowed[cpu] = true
			list[#list + 1] = cpu
		end
	end
	local cpus = {}
	for _, cpu in ipairs(wanted or list) do
		if allowed[cpu] then
			cpus[#cpus + 1] = cpu
		else
			complain(string.format('there is no CPU %d that the worker may use', cpu))
		end
	end
	if #cpus == 0 then return end
	-- The canary tries them all.
	if one and not canary then cpus = { cpus[(tonumber(worker.id) - 1) % #cpus + 1] } end
	ffi.fill(mask, ffi.sizeof(mask))
	for _, cpu in ipairs(cpus) do
		local word = math.floor(cpu / bits)
		mask[word] = bit.bor(mask[word], bit.lshift(1ULL, cpu % bits))
	end
	if ffi.C.sched_setaffinity(0, ffi.sizeof(mask), mask) == 0 then return end
	local errno = ffi.errno()
	complain(errno == 1 and 'workers need the drop-in 10-cpus.conf to choose their CPUs, see docs/configuration.md' or ffi.string(ffi.C.strerror(errno)))
end
