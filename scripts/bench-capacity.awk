# The model of bench-capacity.sh: NAME=NUMBER words change inputs. docs/capacity.md explains inputs and formulas.

# Defines an input: its default, its unit, and where the default is from.
function input(name, value, unit, source) {
    names[++count] = name; in_[name] = value; unit_of[name] = unit; source_of[name] = source
}

function fail(text) { print "pks: capacity: " text > "/dev/stderr"; failed = 64; exit 64 }

function ceil(number) { return number == int(number) ? number : int(number) + 1 }

# A result, for the table and for JSON.
function result(name, value, unit, formula) {
    results[++result_count] = name; value_of[name] = value; result_unit[name] = unit; formula_of[name] = formula
    return value
}

# What a host has of something, and what part of it the day takes.
function limit(name, need, has, what) {
    limits[++limit_count] = name; need_of[name] = need; has_of[name] = has; what_of[name] = what
    return need / has
}

# Numbers for people.
function shown(value) {
    if (value >= 1e9) return sprintf("%.1f G", value / 1e9)
    if (value >= 1e6) return sprintf("%.1f M", value / 1e6)
    if (value >= 1e5) return sprintf("%.0f k", value / 1e3)
    if (value >= 100 || value == int(value)) return sprintf("%.0f", value)
    return sprintf("%.3g", value)
}

function least(one, other) { return one < other ? one : other }
function most(one, other) { return one > other ? one : other }

# The places of a window that remembers so many fills: a power of two, with 32 to write ahead.
function places_for(fills,    places) {
    for (places = 4; places < fills + 32; places *= 2) {}
    return places
}

function inputs() {
    input("books", 1000, "books", "the question")
    input("keys", 1e6, "keys", "the question")
    input("fills_per_day", 1e8, "fills", "the question")
    input("days", 250, "days", "the question: for how long it has run so, a year here")
    input("session_seconds", 23400, "s", "assumed: a day of 6.5 hours")
    input("peak_ratio", 10, "", "assumed: the busiest second against the mean")
    input("busiest_book_part", 0.05, "", "assumed: of all fills")
    input("lots_per_key", 2, "lots", "assumed: open at the end of a day")
    input("rings_per_book", 1, "rings", "assumed")
    input("utilisation", 0.5, "", "assumed: more, and queues grow long at the peak")
    input("daemons", 1, "", "assumed: each makes its books one after the other")
    input("window_days", 7, "days", "the default of identity_window")
    input("identities", 4194272, "fills", "the default; a book whose window needs more is given more")
    input("identities_max", 268435456, "fills", "by the code: more cannot be configured")
    input("positions", 16384, "keys", "the default, a book")
    input("checkpoint_records", 1e7, "records", "the default")
    input("stop_records", 1e6, "records", "by the code: more new ones at a clean stop make a checkpoint")
    input("journal_segment_bytes", 67108864, "bytes", "the default")
    input("journal_keep_bytes", 0, "bytes", "the default of journal_keep, a book; 0: everything stays")
    input("checkpoints_kept", 2, "", "by the code")
    input("fill_warm_ns", 121, "ns", "measured: a fill of a backlog, 100 keys (performance.md, Scaling)")
    input("fill_misses", 1.5, "", "measured: (344 - 121) / 150, with 10^6 keys (performance.md, Scaling)")
    input("miss_ns", 150, "ns", "measured: an access to main memory (performance.md)")
    input("cache_bytes_per_core", 1048576, "bytes", "this machine: second-level cache")
    input("touched_bytes_per_key", 700, "bytes", "measured (performance.md, Scaling)")
    input("journal_writer_ns", 36, "ns", "measured: 96 / 0.73 - 96, the writer's part of a journal (performance.md, P9)")
    input("journal_thread_ns", 116, "ns", "measured: at most, the committing thread (performance.md, P9)")
    input("idle_book_cores", 0.007, "cores", "measured: a journaled book without fills, writer and commits (capacity.md)")
    input("book_fills_per_second_max", 8.6e6, "fills/s", "measured: one book with a journal (performance.md, P9)")
    input("commit_us", 81, "us", "measured: a durable commit of one record, p50 (performance.md, P10)")
    input("commits_at_once", 1, "", "assumed: what the disk does at a time; 1 is the least")
    input("journal_record_bytes", 132.129032, "bytes", "by the format: a block of 4,096 holds 31 records")
    input("position_bytes", 633, "bytes", "measured: 1,065 with one open lot (performance.md, P13), less 432 in the segment")
    input("lot_bytes", 192, "bytes", "by the layout: each further open lot with its opening fill")
    input("window_place_bytes", 136, "bytes", "by the layout, and measured (capacity.md): a fill that was ever remembered")
    input("table_place_bytes", 16, "bytes", "by the layout, and measured (capacity.md): for every place, filled or not")
    input("checkpoint_identity_bytes", 136, "bytes", "by the format (operations.md)")
    input("book_private_bytes", 23e6, "bytes", "measured: a book with fills, less window and table (capacity.md)")
    input("slot_bytes", 465, "bytes", "measured: 7,610,368 bytes of shared memory for 16,384 positions (capacity.md)")
    input("ring_bytes", 8925184, "bytes", "measured: a ring of 65,536 records and 4,096 keys, the default (capacity.md)")
    input("restore_ns", 95, "ns", "measured: a remembered fill out of a checkpoint, page cache (performance.md)")
    input("replay_ns", 112, "ns", "measured: a record out of the journal, page cache (performance.md, P11)")
    input("host_cores", 64, "cores", "assumed: the host that the answer is held against")
    input("host_memory_bytes", 512e9, "bytes", "assumed")
    input("host_disk_bytes", 4e12, "bytes", "assumed")
    input("host_disk_bytes_per_second", 2e9, "bytes/s", "assumed; this machine's gives 0.35 to 3 GB/s")
}

# What `count` books of `fills` a day each have come to after all those days. Adds up over both kinds of books.
function book(kind, count, fills,    records, places, checkpoints, kept, tail, need) {
    records = fills * in_["days"]
    identities = most(in_["identities"], fills * in_["window_days"])
    places = places_for(identities)
    if (identities > in_["identities"]) identities = places - 32
    result(kind "_book_fills_per_day", fills, "fills", kind == "busiest" ? "fills_per_day * busiest_book_part" : "the rest / (books - 1)")
    result(kind "_book_identities", identities, "fills", "identities, or the power of two for window_days, less 32")
    remembered_fills = least(records, identities)
    # The ring of the window is as long as the places, and what was written once stays.
    book_memory = places * in_["table_place_bytes"] + least(records, places) * in_["window_place_bytes"]
    identity_memory += count * book_memory
    second_memory = book_memory
    checkpoints = least(in_["checkpoints_kept"], int(records / in_["checkpoint_records"]))
    checkpoint_disk += count * checkpoints * remembered_fills * in_["checkpoint_identity_bytes"]
    # The older of two checkpoints is up to two distances old, and the journal from there on must stay.
    need = least(records, in_["checkpoints_kept"] * in_["checkpoint_records"]) * in_["journal_record_bytes"]
    kept = records * in_["journal_record_bytes"]
    if (in_["journal_keep_bytes"] > 0) kept = least(kept, most(need, in_["journal_keep_bytes"]))
    journal_disk += count * (ceil(kept / in_["journal_segment_bytes"]) + 1) * in_["journal_segment_bytes"]
    restored += count * (checkpoints > 0 ? remembered_fills : 0)
    tail = least(records, in_["checkpoint_records"])
    replayed += count * tail
    replayed_after_stop += count * least(tail, in_["stop_records"])
}

function restart(records,    cpu, disk) {
    cpu = (restored * in_["restore_ns"] + records * in_["replay_ns"]) / 1e9 / least(in_["daemons"], in_["host_cores"])
    disk = (restored * in_["checkpoint_identity_bytes"] + records * in_["journal_record_bytes"]) / in_["host_disk_bytes_per_second"]
    return cpu + disk
}

function model(    mean, peak, cold, touched, writer_ns, memory, disk, part, i, j, swap) {
    mean = result("fills_per_second", in_["fills_per_day"] / in_["session_seconds"], "fills/s", "fills_per_day / session_seconds")
    peak = result("peak_fills_per_second", mean * in_["peak_ratio"], "fills/s", "fills_per_second * peak_ratio")

    # A core that has more keys than its cache holds waits for memory.
    touched = in_["keys"] / in_["host_cores"] * in_["touched_bytes_per_key"]
    cold = touched > in_["cache_bytes_per_core"] ? 1 - in_["cache_bytes_per_core"] / touched : 0
    result("cold_part", cold, "", "1 - cache_bytes_per_core / (keys / host_cores * touched_bytes_per_key), at least 0")
    writer_ns = result("fill_ns", in_["fill_warm_ns"] + cold * in_["fill_misses"] * in_["miss_ns"] + in_["journal_writer_ns"], "ns", "fill_warm_ns + cold_part * fill_misses * miss_ns + journal_writer_ns")
    result("busy_cores", peak * (writer_ns + in_["journal_thread_ns"]) / 1e9 / in_["utilisation"], "cores", "peak_fills_per_second * (fill_ns + journal_thread_ns) / utilisation")
    result("idle_cores", in_["books"] * in_["idle_book_cores"], "cores", "books * idle_book_cores")
    result("cores", ceil(value_of["busy_cores"] + value_of["idle_cores"]), "cores", "busy_cores + idle_cores, whole ones")

    part = in_["books"] > 1 ? in_["busiest_book_part"] : 1
    if (in_["books"] > 1) book("average", in_["books"] - 1, in_["fills_per_day"] * (1 - part) / (in_["books"] - 1))
    book("busiest", 1, in_["fills_per_day"] * part)
    result("busiest_book_fills_per_second", peak * part, "fills/s", "peak_fills_per_second * busiest_book_part")

    memory = result("memory_identity_bytes", identity_memory, "bytes", "of each book, places * table_place_bytes + fills seen, at most places, * window_place_bytes")
    memory += result("memory_checkpoint_bytes", second_memory, "bytes", "the same of the busiest book once more, while its checkpoint is made")
    memory += result("memory_position_bytes", in_["keys"] * (in_["position_bytes"] + most(in_["lots_per_key"] - 1, 0) * in_["lot_bytes"]), "bytes", "keys * (position_bytes + (lots_per_key - 1) * lot_bytes)")
    memory += result("memory_book_bytes", in_["books"] * (in_["book_private_bytes"] + most(in_["positions"], in_["keys"] / in_["books"]) * in_["slot_bytes"] + in_["rings_per_book"] * in_["ring_bytes"]), "bytes", "books * (book_private_bytes + positions * slot_bytes + rings_per_book * ring_bytes)")
    result("memory_bytes", memory, "bytes", "the four above")

    result("journal_bytes_per_day", in_["fills_per_day"] * in_["journal_record_bytes"], "bytes", "fills_per_day * journal_record_bytes")
    disk = result("journal_bytes", journal_disk, "bytes", "of each book, whole segments of what is kept, and one made ahead")
    disk += result("checkpoint_bytes", checkpoint_disk, "bytes", "of each book, those that there are yet * fills remembered * checkpoint_identity_bytes")
    result("disk_bytes", disk, "bytes", "the two above")

    # A commit writes at least a block. Books do not share commits, so many slow books write a block a fill, until the
    # disk can do no more commits; then each takes more records, and all wait longer.
    result("commits_per_second_max", in_["commits_at_once"] / in_["commit_us"] * 1e6, "commits/s", "commits_at_once / commit_us")
    result("commits_per_second", least(peak, value_of["commits_per_second_max"]), "commits/s", "peak_fills_per_second, at most commits_per_second_max")
    result("records_per_commit", peak / value_of["commits_per_second"], "records", "peak_fills_per_second / commits_per_second")
    result("commit_wait_us", in_["commit_us"] * (peak < value_of["commits_per_second_max"] ? 1 : in_["books"] / in_["commits_at_once"]), "us", "commit_us, or books / commits_at_once times as long when the disk does commits all the time")
    result("disk_bytes_per_second", value_of["commits_per_second"] * 4096 * ceil(value_of["records_per_commit"] / 31), "bytes/s", "commits_per_second * 4,096 * blocks of 31 records")
    result("restart_seconds", restart(replayed), "s", "after a crash, at worst: (remembered * restore_ns + checkpoint_records * replay_ns) / daemons, and reading both")
    result("restart_clean_seconds", restart(replayed_after_stop), "s", "the same with stop_records, after a clean stop")

    limit("memory", memory, in_["host_memory_bytes"], "fills remembered, segments, rings, positions")
    limit("disk space", disk, in_["host_disk_bytes"], "journal, checkpoints")
    limit("disk bandwidth", value_of["disk_bytes_per_second"], in_["host_disk_bytes_per_second"], "blocks at the peak")
    limit("commits", peak, value_of["commits_per_second_max"], "a commit a fill at the peak; beyond it fills share commits and wait")
    limit("cores", value_of["busy_cores"] + value_of["idle_cores"], in_["host_cores"], "writers and commits at the peak, and looking at empty rings")
    limit("one window", part * in_["fills_per_day"] * in_["window_days"], in_["identities_max"], "fills of window_days in the busiest book")
    limit("one book", value_of["busiest_book_fills_per_second"], in_["book_fills_per_second_max"], "the busiest book, which has one writer")
    for (i = 2; i <= limit_count; i++)
        for (j = i; j > 1 && need_of[limits[j]] / has_of[limits[j]] > need_of[limits[j - 1]] / has_of[limits[j - 1]]; j--) {
            swap = limits[j]; limits[j] = limits[j - 1]; limits[j - 1] = swap
        }
}

function print_table(    i, name) {
    printf "%s books, %s keys, %s fills a day, after %s days\n\n", shown(in_["books"]), shown(in_["keys"]), shown(in_["fills_per_day"]), shown(in_["days"])
    for (i = 1; i <= result_count; i++) {
        name = results[i]
        printf "%-32s %10s %-10s = %s\n", name, shown(value_of[name]), result_unit[name], formula_of[name]
    }
    printf "\n%-16s %10s %10s %8s\n", "limit", "needed", "host has", "part"
    for (i = 1; i <= limit_count; i++) {
        name = limits[i]
        printf "%-16s %10s %10s %7.1f %%  %s\n", name, shown(need_of[name]), shown(has_of[name]), 100 * need_of[name] / has_of[name], what_of[name]
    }
    printf "\nthe first limit: %s, at %.3g times what it has\n", limits[1], need_of[limits[1]] / has_of[limits[1]]
}

function print_json(    i, name) {
    printf "{\"version\": 1, \"inputs\": {"
    for (i = 1; i <= count; i++) printf "%s\"%s\": %.10g", (i > 1 ? ", " : ""), names[i], in_[names[i]]
    printf "}, \"results\": {"
    for (i = 1; i <= result_count; i++) printf "%s\"%s\": %.10g", (i > 1 ? ", " : ""), results[i], value_of[results[i]]
    printf "}, \"limits\": ["
    for (i = 1; i <= limit_count; i++) {
        name = limits[i]
        printf "%s{\"name\": \"%s\", \"needed\": %.10g, \"has\": %.10g, \"part\": %.6g}", (i > 1 ? ", " : ""), name, need_of[name], has_of[name], need_of[name] / has_of[name]
    }
    printf "], \"first_limit\": \"%s\"}\n", limits[1]
}

BEGIN {
    inputs()
    for (i = 1; i < ARGC; i++) {
        word = ARGV[i]; at = index(word, "="); name = substr(word, 1, at - 1); value = substr(word, at + 1)
        if (word == "--json") { as_json = 1; continue }
        if (word == "--inputs") { as_inputs = 1; continue }
        if (at == 0 || !(name in in_)) fail("there is no input or option '" (at ? name : word) "' (--inputs lists them)")
        if (value !~ /^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/ || (value + 0 <= 0 && name != "journal_keep_bytes")) fail(name " must be a number above zero, not '" value "'")
        in_[name] = value + 0
    }
    if (as_inputs) {
        for (i = 1; i <= count; i++) printf "%-28s %12s %-8s %s\n", names[i], shown(in_[names[i]]), unit_of[names[i]], source_of[names[i]]
        exit 0
    }
    model()
    if (as_json) print_json()
    else print_table()
    exit 0
}
END { exit failed }
