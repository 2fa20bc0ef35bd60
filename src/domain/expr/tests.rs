use super::*;

#[test]
fn what_is_not_evaluated_is_refused_by_its_name() {
    let fault = Expr::read("predict_linear(free[1h], 3600) < 0").unwrap_err();
    assert_eq!(fault.to_string(), "expr uses predict_linear(): not supported here");
}
