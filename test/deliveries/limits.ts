/** What counts as flat, in KB per 1,000 deliveries; shorter runs than this are all warm-up. */
export const maxGrowth = { heapKb: 20, rssKb: 200, fromCount: 20_000 };
