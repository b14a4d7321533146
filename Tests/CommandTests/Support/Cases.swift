/// Inputs that several tests use, in the words of the issue.
enum Cases {
    static let header = "trade_id,symbol,side,qty,price\n"

    /// Buy 100 at 150, buy 50 at 160, sell 80 at 170.
    static let partialClose =
        header + """
            t1,ABC,BUY,100,150
            t2,ABC,BUY,50,160
            t3,ABC,SELL,80,170

            """

    /// Buy 5 at 100, buy 3 at 105, sell 6 at 110, and then sell 5 at 104 and buy 3 at 105.
    static let untilFlat =
        header + """
            t1,ABC,BUY,5,100
            t2,ABC,BUY,3,105
            t3,ABC,SELL,6,110
            t4,ABC,SELL,5,104
            t5,ABC,BUY,3,105

            """

    static let positionsHeader =
        "book,account,strategy,symbol,net_qty,avg_price,open_cost,realized_pnl,fees,net_pnl,open_lots,"
        + "bought_qty,sold_qty,last_price,last_event_ns,fills\n"
}
