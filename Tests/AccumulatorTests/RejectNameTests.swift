import Accumulator
import CSeqlock
import Testing

/// The names of reject reasons are told in two places: to Swift here, to every other language by the ABI.
@Suite struct RejectNameTests {
    // SAFETY: the names are constants of the C module.
    @Test func theABIHasTheSameNames() {
        for reason in RejectReason.allCases {
            #expect(unsafe String(cString: pks_reject_name(UInt32(reason.rawValue))) == reason.text)
            #expect(reason.rawValue < UInt8(PKS_REJECT_REASONS))
        }
        let last = RejectReason.allCases.map(\.rawValue).max() ?? 0
        #expect(unsafe String(cString: pks_reject_name(UInt32(last) + 1)) == "unknown")
        #expect(unsafe String(cString: pks_reject_name(0)) == "unknown")
    }
}
