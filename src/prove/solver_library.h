// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <z3.h>

#include <atomic>

#include "base/result.h"

// Z3, loaded when it is first asked something: it is the largest library by far, only proofs need it, and every start of the
// program would pay for it. The functions below stand in the place of those of z3.h for all that z3++.h says, with the same types. One
// that is missing here is an undefined symbol when the program is linked: add its line.
namespace bw::prove {

// Loads the library; nothing of it may be called before. From any thread. Errors: unavailable.
Status load_solver();

void* solver_function(const char* name);

template <class Function>
class LateFunction;

template <class Out, class... In>
class LateFunction<Out (*)(In...)> {
 public:
  constexpr explicit LateFunction(const char* name) : name_(name) {}

  Out operator()(In... in) const {
    void* known = address_.load(std::memory_order_relaxed);
    if (!known) address_.store(known = solver_function(name_), std::memory_order_relaxed);
    return reinterpret_cast<Out (*)(In...)>(known)(in...);
  }

 private:
  const char* name_;
  mutable std::atomic<void*> address_ = nullptr;
};

}  // namespace bw::prove

#define BW_LATE(name) inline const bw::prove::LateFunction<decltype(&::name)> name(#name)
namespace z3 {
BW_LATE(Z3_ast_to_string);
BW_LATE(Z3_ast_vector_dec_ref);
BW_LATE(Z3_ast_vector_get);
BW_LATE(Z3_ast_vector_inc_ref);
BW_LATE(Z3_ast_vector_push);
BW_LATE(Z3_ast_vector_resize);
BW_LATE(Z3_ast_vector_size);
BW_LATE(Z3_dec_ref);
BW_LATE(Z3_del_config);
BW_LATE(Z3_del_context);
BW_LATE(Z3_get_app_decl);
BW_LATE(Z3_get_ast_kind);
BW_LATE(Z3_get_decl_kind);
BW_LATE(Z3_get_error_code);
BW_LATE(Z3_get_error_msg);
BW_LATE(Z3_get_numeral_decimal_string);
BW_LATE(Z3_get_sort);
BW_LATE(Z3_get_sort_kind);
BW_LATE(Z3_get_string);
BW_LATE(Z3_global_param_set);
BW_LATE(Z3_inc_ref);
BW_LATE(Z3_is_re_sort);
BW_LATE(Z3_is_seq_sort);
BW_LATE(Z3_is_string);
BW_LATE(Z3_mk_add);
BW_LATE(Z3_mk_and);
BW_LATE(Z3_mk_ast_vector);
BW_LATE(Z3_mk_bool_sort);
BW_LATE(Z3_mk_bvadd);
BW_LATE(Z3_mk_bvmul);
BW_LATE(Z3_mk_bvneg);
BW_LATE(Z3_mk_bvsdiv);
BW_LATE(Z3_mk_bvsge);
BW_LATE(Z3_mk_bvsgt);
BW_LATE(Z3_mk_bvsle);
BW_LATE(Z3_mk_bvslt);
BW_LATE(Z3_mk_bvsmod);
BW_LATE(Z3_mk_bvsub);
BW_LATE(Z3_mk_concat);
BW_LATE(Z3_mk_config);
BW_LATE(Z3_mk_const);
BW_LATE(Z3_mk_context_rc);
BW_LATE(Z3_mk_distinct);
BW_LATE(Z3_mk_div);
BW_LATE(Z3_mk_eq);
BW_LATE(Z3_mk_false);
BW_LATE(Z3_mk_fpa_add);
BW_LATE(Z3_mk_fpa_div);
BW_LATE(Z3_mk_fpa_geq);
BW_LATE(Z3_mk_fpa_gt);
BW_LATE(Z3_mk_fpa_leq);
BW_LATE(Z3_mk_fpa_lt);
BW_LATE(Z3_mk_fpa_mul);
BW_LATE(Z3_mk_fpa_neg);
BW_LATE(Z3_mk_fpa_rna);
BW_LATE(Z3_mk_fpa_rne);
BW_LATE(Z3_mk_fpa_rtn);
BW_LATE(Z3_mk_fpa_rtp);
BW_LATE(Z3_mk_fpa_rtz);
BW_LATE(Z3_mk_fpa_sub);
BW_LATE(Z3_mk_ge);
BW_LATE(Z3_mk_gt);
BW_LATE(Z3_mk_implies);
BW_LATE(Z3_mk_int);
BW_LATE(Z3_mk_int2real);
BW_LATE(Z3_mk_int64);
BW_LATE(Z3_mk_int_sort);
BW_LATE(Z3_mk_ite);
BW_LATE(Z3_mk_le);
BW_LATE(Z3_mk_lt);
BW_LATE(Z3_mk_mod);
BW_LATE(Z3_mk_mul);
BW_LATE(Z3_mk_not);
BW_LATE(Z3_mk_numeral);
BW_LATE(Z3_mk_or);
BW_LATE(Z3_mk_params);
BW_LATE(Z3_mk_re_complement);
BW_LATE(Z3_mk_re_concat);
BW_LATE(Z3_mk_re_empty);
BW_LATE(Z3_mk_re_full);
BW_LATE(Z3_mk_re_intersect);
BW_LATE(Z3_mk_re_option);
BW_LATE(Z3_mk_re_plus);
BW_LATE(Z3_mk_re_range);
BW_LATE(Z3_mk_re_sort);
BW_LATE(Z3_mk_re_star);
BW_LATE(Z3_mk_re_union);
BW_LATE(Z3_mk_real2int);
BW_LATE(Z3_mk_real_sort);
BW_LATE(Z3_mk_seq_concat);
BW_LATE(Z3_mk_seq_contains);
BW_LATE(Z3_mk_seq_in_re);
BW_LATE(Z3_mk_seq_length);
BW_LATE(Z3_mk_seq_prefix);
BW_LATE(Z3_mk_seq_suffix);
BW_LATE(Z3_mk_seq_to_re);
BW_LATE(Z3_mk_simple_solver);
BW_LATE(Z3_mk_str_lt);
BW_LATE(Z3_mk_string);
BW_LATE(Z3_mk_string_sort);
BW_LATE(Z3_mk_string_symbol);
BW_LATE(Z3_mk_sub);
BW_LATE(Z3_mk_true);
BW_LATE(Z3_mk_unary_minus);
BW_LATE(Z3_mk_unsigned_int64);
BW_LATE(Z3_model_dec_ref);
BW_LATE(Z3_model_eval);
BW_LATE(Z3_model_inc_ref);
BW_LATE(Z3_params_dec_ref);
BW_LATE(Z3_params_inc_ref);
BW_LATE(Z3_params_set_uint);
BW_LATE(Z3_set_ast_print_mode);
BW_LATE(Z3_set_error_handler);
BW_LATE(Z3_simplify);
BW_LATE(Z3_solver_assert);
BW_LATE(Z3_solver_check);
BW_LATE(Z3_solver_check_assumptions);
BW_LATE(Z3_solver_dec_ref);
BW_LATE(Z3_solver_get_model);
BW_LATE(Z3_solver_get_reason_unknown);
BW_LATE(Z3_solver_inc_ref);
BW_LATE(Z3_solver_set_params);
}  // namespace z3
#undef BW_LATE

#include <z3++.h>
