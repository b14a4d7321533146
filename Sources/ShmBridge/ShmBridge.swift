import CSeqlock
