import Glibc
import ShmBridge

/// The other process of the shared-memory tests. It writes at full speed, holds books, dies half-way through
/// a cell, and reads what another process of its own writes. Each verb prints one line `ready` once it is
/// where a test wants it, and its figures as name=value.
@main
struct Torture {
    static let usage = """
        pks-torture torn DIRECTORY READS VARIANT SEED   reads a slot that another process publishes
        pks-torture threads DIRECTORY READS VARIANT     the same with two threads of this process
        pks-torture write DIRECTORY SEED                publishes one slot until it is killed
        pks-torture spread DIRECTORY KEYS SEED          publishes many slots until it is killed
        pks-torture half DIRECTORY stop|kill            stops or dies half-way through a cell
        pks-torture hold DIRECTORY                      holds a book until its input ends
        pks-torture create DIRECTORY SLOTS              makes a segment and ends
        pks-torture produce DIRECTORY RECORDS           puts numbered fills on a ring
        pks-torture consume DIRECTORY RECORDS           takes and checks them
        pks-torture gateway DIRECTORY NEXT SEED         puts checkable records on a ring until it is killed
        pks-torture step DIRECTORY                      puts some between two stops, for a tracing parent
        VARIANT: correct | unchecked | other-cell | plain; SEED 0: full speed without a pause
        """

    static func main() {
        var arguments = Arguments(CommandLine.arguments.dropFirst())
        do {
            switch arguments.text("verb") {
            case "torn": exit(try TornReads.acrossProcesses(&arguments))
            case "threads": exit(try TornReads.acrossThreads(&arguments))
            case "write": try Writers.writeOneSlot(&arguments)
            case "spread": try Writers.writeManySlots(&arguments)
            case "half": try Writers.dieHalfWay(&arguments)
            case "hold": try Writers.hold(&arguments)
            case "create": try Writers.create(&arguments)
            case "consume": try Writers.consume(&arguments)
            case "produce": try Writers.produce(&arguments)
            case "gateway": try Gateways.produceUntilKilled(&arguments)
            case "step": try Gateways.produceStepByStep(&arguments)
            default: arguments.fail("unknown verb")
            }
        } catch let error as ShmError {
            say("error: \(error)")
            exit(status(of: error))
        } catch {
            say("error: \(error)")
            exit(1)
        }
    }

    /// The statuses that the pks command gives to these errors.
    static func status(of error: ShmError) -> Int32 {
        switch error {
        case .alreadyRunning: 75
        case .noSpace: 73
        default: 1
        }
    }
}

/// The command's arguments, one after the other.
struct Arguments {
    private var rest: ArraySlice<String>

    init(_ arguments: ArraySlice<String>) { rest = arguments }

    mutating func text(_ what: String) -> String {
        guard let first = rest.popFirst() else { fail("\(what) is missing") }
        return first
    }

    mutating func number(_ what: String) -> UInt64 {
        let text = text(what)
        guard let number = UInt64(text) else { fail("\(what) is not a number: \(text)") }
        return number
    }

    func fail(_ reason: String) -> Never {
        say("pks-torture: \(reason)\n\(Torture.usage)")
        exit(64)
    }
}
