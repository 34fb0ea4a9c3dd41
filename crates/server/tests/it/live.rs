//! Order kept on real networks by the running program, which is killed in between: what members see
//! comes once each, and what nobody can know is asked of a person.

mod house;
mod matrix;
mod telegram;

/// An advert that hides from lists of words.
const HIDDEN_ADVERT: &str = "尖职刷丹 日洁,家威 abc12345";
/// One that does not.
const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";
/// A complaint.
const COMPLAINT: &str = "吐司里吃出一根头发，我要投诉，给我退款！";
