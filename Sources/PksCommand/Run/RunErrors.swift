import Service
import ShmBridge
import Telemetry

/// Gives what keeps a daemon from starting its exit status.
extension CommandError {
    init(_ error: ServiceError) {
        switch error {
        case .badOptions: self = .said(.usage, error.description)
        case .badCPU, .system: self = .said(.unavailable, error.description)
        case .unreadable: self = .said(.cannotCreate, error.description)
        case .journal(_, let cause): self = .said(CommandError(cause).status, error.description)
        case .book(_, let cause): self = .said(CommandError(cause).status, error.description)
        }
    }

    init(serving error: TelemetryError) {
        switch error {
        case .system(let operation, _, _) where operation == "listen on TCP":
            self = .said(.unavailable, error.description)
        case .pathTooLong, .system: self = .said(.cannotCreate, error.description)
        case .addressInUse, .library: self = .said(.unavailable, error.description)
        }
    }
}
